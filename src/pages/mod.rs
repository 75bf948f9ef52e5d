//! The pages of the program's own codes: problems of the world around a migration. The codes of the
//! language are the compiler's. `mig explain CODE` prints either.

mod asked;
mod comparisons;
mod runs;
mod world;

use std::fmt;

use crate::render::page::fenced;

/// The page of one code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// The code.
    pub(crate) code: &'static str,
    /// What it says, without full stop.
    pub(crate) title: &'static str,
    /// Why it stops the program.
    pub(crate) why: &'static str,
    /// Commands that give it.
    pub(crate) example: Example,
    /// What to do.
    pub(crate) fix: &'static str,
}

/// Commands of a POSIX shell, beside the demo's folder `shop` as `mig demo shop --no-run` makes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Example {
    /// The last of them gives the code.
    pub(crate) failing: &'static str,
    /// Given after those, the last of them does what was wanted.
    pub(crate) mended: &'static str,
}

/// Where the commands of an example are given.
pub(crate) const BESIDE: &str = "Beside the folder that `mig demo shop --no-run` makes:";

/// The page as Markdown, like the compiler's.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}\n\n{}.\n\n{}\n", self.code, self.title, self.why)?;
        writeln!(f, "## Example\n\n{BESIDE}\n\n{}", fenced("sh", self.example.failing))?;
        writeln!(f, "## What to do\n\n{}", self.fix)?;
        write!(f, "\n{}", fenced("sh", self.example.mended))
    }
}

/// The page of a code.
pub(crate) fn page(code: &str) -> Option<&'static Page> {
    pages().find(|page| page.code == code)
}

/// Every page, those of one concern together.
pub(crate) fn pages() -> impl Iterator<Item = &'static Page> {
    [asked::PAGES, world::PAGES, runs::PAGES, comparisons::PAGES].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_is_not_the_compilers() {
        let mut codes: Vec<&str> = pages().map(|page| page.code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for code in codes {
            assert!(mig_compiler::codes::page(code).is_none(), "{code} is the compiler's");
        }
    }
}
