//! `mig fmt`.

use crate::house::House;

const UNTIDY: &str = "store old : sqlite{url=\"old.db\"}\n";

fn tidy() -> String {
    House::empty().mig_reading(&["fmt", "-"], UNTIDY).ends(0).out
}

#[test]
fn standard_input_goes_to_standard_output() {
    assert_ne!(tidy(), UNTIDY);
    assert_eq!(House::empty().mig_reading(&["fmt", "-"], &tidy()).ends(0).out, tidy());
}

#[test]
fn files_are_formatted_in_place_and_named() {
    let house = House::empty();
    house.write("a/untidy.mig", UNTIDY);
    house.write("tidy.mig", &tidy());
    let answer = house.mig(&["fmt"]).ends(0).says("formatted a/untidy.mig");
    assert!(!answer.text().contains("tidy.mig\nformatted tidy.mig"));
    assert_eq!(house.read("a/untidy.mig"), tidy());
    assert_eq!(house.mig(&["fmt"]).ends(0).text(), "");
}

#[test]
fn a_check_changes_nothing() {
    let house = House::empty();
    house.write("untidy.mig", UNTIDY);
    house.mig(&["fmt", "--check"]).ends(1).says("not formatted: untidy.mig");
    assert_eq!(house.read("untidy.mig"), UNTIDY);
    house.mig(&["fmt"]).ends(0);
    house.mig(&["fmt", "--check"]).ends(0);
    let answer =
        house.mig_reading(&["fmt", "--check", "-"], UNTIDY).ends(1).says("not formatted: standard input");
    assert_eq!(answer.out, "", "a check prints no text");
    house.mig_reading(&["fmt", "--check", "-"], &tidy()).ends(0);
}

#[test]
fn a_diff_shows_both_sides() {
    let house = House::empty();
    house.write("untidy.mig", UNTIDY);
    let answer = house.mig(&["fmt", "--diff", "untidy.mig"]).ends(0).says(&format!("-{UNTIDY}"));
    assert!(answer.out.contains(&format!("+{}", tidy())), "{}", answer.out);
    assert_eq!(house.read("untidy.mig"), UNTIDY);
    house.mig(&["fmt", "--diff", "--check"]).ends(1);
}

#[test]
fn what_is_broken_stays_and_the_rest_is_formatted() {
    let house = House::empty();
    house.write("half.mig", &format!("{UNTIDY}\ndataset x: {{{{ ???\n"));
    house.mig(&["fmt"]).ends(1).says("half.mig");
    let text = house.read("half.mig");
    assert!(text.starts_with(tidy().trim_end()) && text.contains("???"), "{text}");
}
