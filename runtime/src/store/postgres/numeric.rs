//! PostgreSQL's binary numeric and the unscaled integer of a decimal, exactly. Pure.
//!
//! A numeric is a run of digits to the base 10,000, of which the first stands for that base to the power of the
//! *weight*, with a sign and a number of decimal digits to show.

/// Decimal digits in a digit.
const DECIMALS: i32 = 4;
const BASE: u64 = 10_000;
const NEGATIVE: u16 = 0x4000;
/// Signs from here on mark NaN and infinities.
const SPECIAL: u16 = 0xC000;

/// The powers of ten that 128 bits hold.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

fn power(exponent: i32) -> Option<i128> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

/// The unscaled value at a scale.
///
/// # Errors
/// What is wrong with the value: not a number, more digits than the decimal has.
pub(super) fn decode(bytes: &[u8], precision: u8, scale: u8) -> Result<i128, &'static str> {
    const BROKEN: &str = "bytes that are not a numeric";
    const TOO_LONG: &str = "a numeric with more digits than its type has";
    let (words, []) = bytes.as_chunks::<2>() else { return Err(BROKEN) };
    let [_, weight, sign, _, digits @ ..] = words else { return Err(BROKEN) };
    let sign = u16::from_be_bytes(*sign);
    if sign >= SPECIAL {
        return Err(if sign == SPECIAL {
            "NaN, which a decimal has not"
        } else {
            "an infinity, which a decimal has not"
        });
    }
    let Some((last, before)) = digits.split_last() else { return Ok(0) };
    // Most values are short, and 64 bits hold the first four digits.
    let (first, rest) = before.split_at(before.len().min(4));
    let first = first.iter().fold(0, |value, digit| value * BASE + u64::from(u16::from_be_bytes(*digit)));
    // The last digit may reach beyond the scale, but then with zeros alone.
    let mut unscaled = i128::from(first);
    for digit in rest {
        unscaled = unscaled
            .checked_mul(i128::from(BASE))
            .and_then(|unscaled| unscaled.checked_add(i128::from(u16::from_be_bytes(*digit))))
            .ok_or(TOO_LONG)?;
    }
    let last = u16::from_be_bytes(*last);
    let places = i32::try_from(before.len()).map_err(|_| BROKEN)?;
    let exponent = (i32::from(i16::from_be_bytes(*weight)) - places) * DECIMALS + i32::from(scale);
    let unscaled = if exponent >= 0 {
        unscaled
            .checked_mul(i128::from(BASE))
            .and_then(|unscaled| unscaled.checked_add(i128::from(last)))
            .and_then(|unscaled| unscaled.checked_mul(power(exponent)?))
            .ok_or(TOO_LONG)?
    } else {
        // How many of the last digit's decimals are beyond the scale, and how many are kept.
        let (beyond, kept): (u16, i128) = match exponent {
            -1 => (10, 1_000),
            -2 => (100, 100),
            -3 => (1_000, 10),
            _ => return Err(TOO_LONG),
        };
        if last % beyond != 0 {
            return Err(TOO_LONG);
        }
        let last = i128::from(last / beyond);
        unscaled.checked_mul(kept).and_then(|unscaled| unscaled.checked_add(last)).ok_or(TOO_LONG)?
    };
    if unscaled >= power(precision.into()).ok_or(TOO_LONG)? {
        return Err(TOO_LONG);
    }
    Ok(if sign == NEGATIVE { -unscaled } else { unscaled })
}

/// Digits that the longest decimal has: 38 of its own and at the most three zeros to fill a digit at each end.
const MOST_DIGITS: usize = 11;

/// Appends the value with its length before it.
pub(super) fn encode(out: &mut Vec<u8>, unscaled: i128, scale: u8) {
    let mut digits = [0_u16; MOST_DIGITS];
    let mut first = MOST_DIGITS;
    let mut rest = unscaled.unsigned_abs();
    let fraction = usize::from(scale).div_ceil(4);
    // From the right: the digit that reaches beyond the scale has fewer decimals of the value.
    let mut push = |digit: u128| {
        first = first.saturating_sub(1);
        digits[first] = u16::try_from(digit).unwrap_or(0);
    };
    let partial = u32::from(scale % 4);
    // Most values are short, and 64 bits divide faster than 128.
    if partial > 0 {
        let (beyond, filling) = (10_u64.pow(partial), 10_u64.pow(4 - partial));
        if let Ok(short) = u64::try_from(rest) {
            push(u128::from(short % beyond * filling));
            rest = u128::from(short / beyond);
        } else {
            push(rest % u128::from(beyond) * u128::from(filling));
            rest /= u128::from(beyond);
        }
    }
    while rest > u128::from(u64::MAX) {
        push(rest % u128::from(BASE));
        rest /= u128::from(BASE);
    }
    let mut rest = rest as u64;
    while rest > 0 {
        push(u128::from(rest % BASE));
        rest /= BASE;
    }
    let all = digits.get(first..).unwrap_or_default();
    // Places before the point, negative where the fraction begins with zeros.
    let whole = all.len() as i32 - fraction as i32;
    let leading = all.iter().take_while(|digit| **digit == 0).count();
    let all = &all[leading..];
    let trailing = all.iter().rev().take_while(|digit| **digit == 0).count();
    let all = &all[..all.len() - trailing];
    let weight = if all.is_empty() { 0 } else { whole - leading as i32 - 1 };
    let sign = if unscaled < 0 { NEGATIVE } else { 0 };

    out.extend_from_slice(&(8 + 2 * all.len() as u32).to_be_bytes());
    out.extend_from_slice(&(all.len() as u16).to_be_bytes());
    out.extend_from_slice(&(weight as i16).to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&u16::from(scale).to_be_bytes());
    for digit in all {
        out.extend_from_slice(&digit.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
        let head = [digits.len() as u16, weight.cast_unsigned(), sign, 0];
        head.iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn every_length_and_scale_reads_as_it_is_written() {
        let mut seen = 0;
        for scale in 0..=38 {
            for length in 1..=38 {
                let nines = 10_i128.pow(length) - 1;
                for unscaled in [0, 1, nines, nines / 9, 10_i128.pow(length - 1), nines / 10 * 10, -nines] {
                    let mut out = Vec::new();
                    encode(&mut out, unscaled, scale);
                    assert_eq!(out.len(), 4 + u32::from_be_bytes([out[0], out[1], out[2], out[3]]) as usize);
                    assert_eq!(decode(&out[4..], 38, scale), Ok(unscaled), "{unscaled} at scale {scale}");
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 39 * 38 * 7);
    }

    #[test]
    fn the_form_is_postgresqls_own() {
        let encoded = |unscaled, scale| {
            let mut out = Vec::new();
            encode(&mut out, unscaled, scale);
            out.split_off(4)
        };
        let shown = |weight, sign, scale: u8, digits: &[u16]| {
            let mut bytes = bytes(weight, sign, digits);
            bytes[7] = scale;
            bytes
        };
        assert_eq!(encoded(1_234_567, 2), shown(1, 0, 2, &[1, 2345, 6700]));
        assert_eq!(encoded(-5, 4), shown(-1, NEGATIVE, 4, &[5]));
        assert_eq!(encoded(5, 9), shown(-3, 0, 9, &[5000]));
        assert_eq!(encoded(120_000_000, 0), shown(2, 0, 0, &[1, 2000]));
        assert_eq!(encoded(0, 2), shown(0, 0, 2, &[]));
    }

    #[test]
    fn what_a_decimal_has_not_is_refused() {
        assert!(decode(&bytes(0, 0xC000, &[]), 10, 2).unwrap_err().contains("NaN"));
        assert!(decode(&bytes(0, 0xD000, &[]), 10, 2).unwrap_err().contains("infinity"));
        assert!(decode(&bytes(0, 0xF000, &[]), 10, 2).unwrap_err().contains("infinity"));
        assert!(decode(&bytes(0, 0, &[100]), 4, 2).is_err());
        assert!(decode(&bytes(-1, 0, &[1234]), 4, 2).is_err());
        assert!(decode(&bytes(-2, 0, &[1]), 4, 2).is_err());
        assert!(decode(&bytes(99, 0, &[1]), 38, 0).is_err());
        assert!(decode(&[0, 1], 4, 2).is_err());
        assert_eq!(decode(&bytes(0, 0, &[99]), 4, 2), Ok(9_900));
    }
}
