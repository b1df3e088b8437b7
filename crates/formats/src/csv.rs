//! Rows of comma-separated values (RFC 4180), each with the line where it starts.

/// Cells of a row, at most.
const MAX_CELLS: usize = 64;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: u64,
    /// Its cells, without spaces at the ends.
    pub cells: Vec<String>,
}

/// A row that is not well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1: where the row starts, or where a quote opens that never closes.
    pub line: u64,
    /// Column of the row, from 1.
    pub column: usize,
    /// The problem.
    pub problem: &'static str,
    /// True if no row after it can be read.
    pub is_last: bool,
}

/// The rows of a text that are not empty, read one by one. A cell in quotes may hold commas, line
/// breaks and doubled quotes; a byte order mark before the first row is skipped.
pub struct Rows<'a> {
    rest: &'a str,
    line: u64,
}

impl<'a> Rows<'a> {
    /// Begins at the first row.
    pub fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 }
    }

    /// Reads one row, which may be empty.
    fn row(&mut self) -> Result<Row, Fault> {
        let begun = self.line;
        let mut cells = Vec::new();
        loop {
            let column = cells.len() + 1;
            let fault = |problem| Fault { line: begun, column, problem, is_last: false };
            let cell = self.cell(column)?;
            match self.rest.chars().next() {
                _ if column > MAX_CELLS => {
                    self.skip_line();
                    return Err(fault("the row has more than 64 columns"));
                }
                Some(',') => self.rest = &self.rest[1..],
                _ if self.is_at_end() => {
                    self.skip_line();
                    cells.push(cell);
                    return Ok(Row { line: begun, cells });
                }
                _ => {
                    self.skip_line();
                    let problem = "a quote, or a line break that is not CRLF or LF, stands in a \
                                   cell without quotes: put the whole cell in quotes";
                    return Err(fault(problem));
                }
            }
            cells.push(cell);
        }
    }

    /// Reads one cell, up to what ends it.
    fn cell(&mut self, column: usize) -> Result<String, Fault> {
        let Some(quoted) = self.rest.trim_start_matches(' ').strip_prefix('"') else {
            let end = self.rest.find([',', '"', '\r', '\n']).unwrap_or(self.rest.len());
            let (cell, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(cell.trim().to_owned());
        };
        self.rest = quoted;
        let (opened, mut cell) = (self.line, String::new());
        loop {
            let Some(end) = self.rest.find('"') else {
                self.rest = "";
                let problem = "a quote opens here and never closes";
                return Err(Fault { line: opened, column, problem, is_last: true });
            };
            let (text, rest) = self.rest.split_at(end);
            self.line += text.matches('\n').count() as u64;
            cell.push_str(text);
            self.rest = &rest[1..];
            match self.rest.strip_prefix('"') {
                Some(rest) => self.rest = rest,
                None => break,
            }
            cell.push('"');
        }
        self.rest = self.rest.trim_start_matches(' ');
        Ok(cell.trim().to_owned())
    }

    /// Returns whether the row ends here.
    fn is_at_end(&self) -> bool {
        let rest = self.rest;
        rest.is_empty() || rest.starts_with('\n') || rest.starts_with("\r\n")
    }

    /// Goes on to the next line.
    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        self.line += 1;
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            match self.row() {
                Ok(row) if row.cells.iter().all(String::is_empty) => {}
                row => return Some(row),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row by its line and cells, or the line and the column of a fault.
    type Read = Result<(u64, Vec<String>), (u64, usize)>;

    fn read(text: &str) -> Vec<Read> {
        let read = |row: Result<Row, Fault>| match row {
            Ok(row) => Ok((row.line, row.cells)),
            Err(fault) => Err((fault.line, fault.column)),
        };
        Rows::new(text).map(read).collect()
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_have_their_lines_and_cells() {
        let text = "\u{feff}a,b\r\n\r\n1,\"x, \"\"y\"\"\nz\"\r\n2 ,  \n3, \"4\" ";

        let wanted = [
            Ok(row(1, &["a", "b"])),
            Ok(row(3, &["1", "x, \"y\"\nz"])),
            Ok(row(5, &["2", ""])),
            Ok(row(6, &["3", "4"])),
        ];
        assert_eq!(read(text), wanted);
        assert_eq!((read(""), read("\n , \n")), (vec![], vec![]));
    }

    #[test]
    fn a_bad_row_names_its_line_and_column_and_the_next_is_read() {
        assert_eq!(read("a,b\"c\nd,e"), [Err((1, 2)), Ok(row(2, &["d", "e"]))]);
        assert_eq!(read("a,\"b\" c\nd,e"), [Err((1, 2)), Ok(row(2, &["d", "e"]))]);
        assert_eq!(read("a,b\nc,\"d\ne,f"), [Ok(row(1, &["a", "b"])), Err((2, 2))]);
        assert_eq!(
            read(&format!("{}\nd,e", ",".repeat(70))),
            [Err((1, 65)), Ok(row(2, &["d", "e"]))]
        );
    }
}
