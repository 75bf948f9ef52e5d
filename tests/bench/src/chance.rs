//! Numbers that look like chance and are the same every time.

/// A number below `below` that depends on `of` and on what it is `for_` alone.
pub(crate) fn pick(of: usize, for_: u64, below: usize) -> usize {
    // SplitMix64, whose one step is a good hash of its seed.
    let mut z = (of as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(for_ << 32 | 0xD1B5);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    usize::try_from(z % below.max(1) as u64).unwrap_or_default()
}

/// What `pick` is asked for.
pub(crate) mod asked {
    pub(crate) const TIER: u64 = 1;
    pub(crate) const TEAM: u64 = 2;
    pub(crate) const READS: u64 = 3;
    pub(crate) const LANGUAGE: u64 = 8;
}
