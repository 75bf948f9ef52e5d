//! Columns and wrapped lines that keep their alignment under colour and wide characters. Nothing is cut
//! off: what does not fit goes on in the next line.

use console::measure_text_width;

/// Between two columns.
const GAP: usize = 2;

/// Breaks a text at blanks into lines of at most `width` columns; a word that is longer stays whole, and so do several blanks
/// within a line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ') {
            let length = measure_text_width(word);
            if used > 0 && used + 1 + length > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        lines.push(line);
    }
    lines
}

/// A wrapped text.
pub(crate) fn paragraph(indent: usize, text: &str, width: usize) -> String {
    wrap(text, width.saturating_sub(indent).max(20))
        .iter()
        .map(|line| format!("{:indent$}{line}\n", ""))
        .collect()
}

/// A text behind its label, wrapped so that every line starts below the first.
pub(crate) fn labelled(indent: usize, label: &str, label_width: usize, text: &str, width: usize) -> String {
    let start = indent + label_width + GAP;
    let mut out = format!("{:indent$}{}", "", padded(label, label_width + GAP));
    for (index, line) in wrap(text, width.saturating_sub(start).max(20)).iter().enumerate() {
        if index > 0 {
            out.push_str(&" ".repeat(start));
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Rows of cells in aligned columns. A column is as wide as its widest cell, yet no wider than `cap`: after
/// a longer cell the row goes on in the next line. The last column wraps.
pub(crate) fn table(rows: &[Vec<String>], indent: usize, cap: usize, width: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter(|row| row.len() > column + 1);
            let fitting =
                cells.map(|row| measure_text_width(&row[column])).filter(|length| *length <= cap).max();
            fitting.unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut start = indent;
        let mut line = " ".repeat(indent);
        for (column, cell) in row.iter().enumerate() {
            if column + 1 == row.len() {
                let room = width.saturating_sub(start).max(20);
                for (index, part) in wrap(cell, room).iter().enumerate() {
                    if index > 0 {
                        out.push_str(line.trim_end());
                        out.push('\n');
                        line = " ".repeat(start);
                    }
                    line.push_str(part);
                }
            } else {
                let next = start + widths[column] + GAP;
                line.push_str(cell);
                if measure_text_width(&line) + GAP > next {
                    out.push_str(line.trim_end());
                    out.push('\n');
                    line = " ".repeat(next);
                } else {
                    line = padded(&line, next);
                }
                start = next;
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A text filled up with blanks.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(measure_text_width(text));
    format!("{text}{}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn cells_stand_below_each_other_and_nothing_is_lost() {
        let rows = [
            row(&["a", "bb", "the last column wraps at a blank"]),
            row(&["a very long first cell", "b", "x"]),
            row(&["aaa", "b", "y"]),
        ];
        let text = table(&rows, 2, 10, 30);
        assert_eq!(
            text,
            "  a    bb  the last column\n           wraps at a blank\n  a very long first cell\n       b   x\n  aaa  b   y\n"
        );
    }

    #[test]
    fn a_label_stands_alone_on_its_left() {
        assert_eq!(
            labelled(1, "ab", 3, "one two three four five", 26),
            " ab   one two three four\n      five\n"
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(padded("表", 4), "表  ");
        assert_eq!(wrap("表表 表表", 5), ["表表", "表表"]);
    }

    #[test]
    fn several_blanks_stay_within_a_line() {
        assert_eq!(wrap("  a  b c", 5), ["a  b", "c"]);
    }
}
