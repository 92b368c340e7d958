//! Plain aligned columns: safe text, no colour, no trailing spaces.

use unicode_width::UnicodeWidthStr;

use crate::release::text::visible;

/// Columns under a heading.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With the column names.
    pub fn new<const N: usize>(heading: [&str; N]) -> Table {
        Table { rows: vec![heading.map(str::to_owned).to_vec()] }
    }

    /// One more row; what is empty becomes a dash, so that columns can be cut by a script.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        let shown = |cell: String| if cell.is_empty() { "-".to_owned() } else { visible(&cell) };
        self.rows.push(cells.map(shown).to_vec());
    }

    /// The table, or `nothing` where it has no rows.
    pub fn or(self, nothing: &str) -> String {
        if self.rows.len() == 1 { format!("{nothing}\n") } else { self.text() }
    }

    /// The lines.
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        self.rows.iter().map(|row| line(row, &widths)).collect()
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line += cell;
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
    }
    line.truncate(line.trim_end_matches(' ').len());
    line.push('\n');
    line
}

/// `name:   value` lines, the values aligned; lines whose value is empty are left out.
pub fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.width() + 1).max().unwrap_or(0);
    let shown = facts.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("{:<width$}  {}\n", format!("{name}:"), visible(value))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let mut table = Table::new(["NAME", "PHASE"]);
        table.row(["web".into(), "Healthy".into()]);
        table.row(["世界".into(), "".into()]);
        assert_eq!(table.text(), "NAME  PHASE\nweb   Healthy\n世界  -\n");
        assert_eq!(Table::new(["A"]).or("none"), "none\n");
    }

    proptest! {
        #[test]
        fn no_text_from_outside_reaches_the_terminal_raw(cell in any::<String>(), name in any::<String>()) {
            let mut table = Table::new(["A", "B"]);
            table.row([cell.clone(), name]);
            for line in [table.text(), facts(&[("a", cell)])] {
                prop_assert!(line.chars().all(|c| c == '\n' || !c.is_control()));
            }
            prop_assert_eq!(table.text().lines().count(), 2);
        }
    }
}
