//! Did you mean: takes what was written and what could have been, gives the nearest of them, if one is near.

/// The candidate nearest to `written`, if it is near enough to be what was meant: a third of its
/// characters may differ, a swap of two neighbours counting as one. Of equals the first one is given.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = written.to_lowercase();
    let allowed = (written.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != written)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let words = ["dataset", "datasets", "store", "wave"];
        assert_eq!(nearest("dataste", words), Some("dataset"));
        assert_eq!(nearest("Store", words), Some("store"));
        assert_eq!(nearest("wav", words), Some("wave"));
        assert_eq!(nearest("table", words), None);
        assert_eq!(nearest("", words), None);
    }
}
