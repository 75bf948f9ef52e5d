//! Pages of diagnostics: as Markdown for the web, and for a terminal.

use mig_compiler::codes::{Mended, Page};

use super::layout::paragraph;

/// The page as Markdown.
pub(crate) fn markdown(page: &Page) -> String {
    let mut out = opening(page);
    out.push_str(&format!("\n## What to do\n\n{}\n", page.fix));
    if let Mended::Written(source) = page.mended {
        out.push_str(&format!("\n{}", fenced("mig", source)));
    }
    out
}

/// The page up to its example.
pub(crate) fn opening(page: &Page) -> String {
    let example = fenced("mig", page.example);
    format!("# {}\n\n{}.\n\n{}\n\n## Example\n\n{example}", page.code, page.title, page.why)
}

/// A block of code.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_matches('\n'))
}

/// A page for a terminal: prose wrapped, sources set in.
pub(crate) fn shown(page: &Page, width: usize) -> String {
    let mut out = head(page.code, page.title, page.why, width);
    out.push_str(&section("Example"));
    out.push_str(&set_in(page.example));
    out.push_str(&section("What to do"));
    out.push_str(&paragraph(2, page.fix, width));
    if let Mended::Written(source) = page.mended {
        out.push('\n');
        out.push_str(&set_in(source));
    }
    out
}

/// Code, title and reason.
pub(crate) fn head(code: &str, title: &str, why: &str, width: usize) -> String {
    format!(
        "{}\n{}\n{}",
        console::style(code).bold(),
        paragraph(0, &format!("{title}."), width),
        paragraph(2, why, width)
    )
}

/// A heading inside a page.
pub(crate) fn section(title: &str) -> String {
    format!("\n{}\n", console::style(title).bold())
}

/// Code, below the prose.
pub(crate) fn set_in(text: &str) -> String {
    let lines = text.trim_matches('\n').lines();
    lines.map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use mig_compiler::codes;

    use super::*;

    #[test]
    fn a_page_on_a_terminal() {
        console::set_colors_enabled(false);
        let page = codes::page("dataset-not-moved").unwrap();
        insta::assert_snapshot!(shown(page, 80), @"
        dataset-not-moved
        No wave moves a dataset.

          A dataset moves in a wave, or not at all.

        Example
            dataset customers: legacy.customers -> lake.sales.customers {
              entity  = @resource:customers
              columns = same
            }

            wave all { move = consumers }

        What to do
          Name it in `move` of a wave, or move all `datasets` there.
        ");
    }

    #[test]
    fn a_page_as_markdown() {
        let page = codes::page("dataset-not-moved").unwrap();
        insta::assert_snapshot!(markdown(page), @"
        # dataset-not-moved

        No wave moves a dataset.

        A dataset moves in a wave, or not at all.

        ## Example

        ```mig
        dataset customers: legacy.customers -> lake.sales.customers {
          entity  = @resource:customers
          columns = same
        }

        wave all { move = consumers }
        ```

        ## What to do

        Name it in `move` of a wave, or move all `datasets` there.
        ");
    }
}
