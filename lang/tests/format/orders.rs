//! The example is the style.

#[test]
fn the_example_formats_to_itself() {
    let text = include_str!("../../../examples/orders/orders.mig");
    pretty_eq(&mig_lang::format(text), text);
}

#[test]
fn the_example_squeezed_formats_to_itself() {
    // Every run of blanks inside a line is one blank, every indentation is gone.
    let text = include_str!("../../../examples/orders/orders.mig");
    let squeezed: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    pretty_eq(&mig_lang::format(&squeezed.join("\r\n")), text);
}

fn pretty_eq(actual: &str, expected: &str) {
    for (number, (left, right)) in actual.lines().zip(expected.lines()).enumerate() {
        assert_eq!(left, right, "line {}", number + 1);
    }
    assert_eq!(actual, expected);
}
