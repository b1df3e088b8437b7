//! Comments in lines of 100 columns.

const COLUMNS: usize = 100;

/// Breaks the long comment lines of a text at spaces, never within backticks.
pub fn comments(text: &str) -> String {
    text.lines().flat_map(line).map(|line| line + "\n").collect()
}

fn line(line: &str) -> Vec<String> {
    let Some((indent, comment)) = line.split_once("// ").filter(|(it, _)| it.trim().is_empty())
    else {
        return vec![line.to_owned()];
    };
    let mut lines: Vec<String> = Vec::new();
    for word in words(comment) {
        match lines.last_mut() {
            Some(last) if width(last) + 1 + width(&word) <= COLUMNS => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => lines.push(format!("{indent}// {word}")),
        }
    }
    lines
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Splits a comment where it may be broken.
fn words(comment: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_code = false;
    for character in comment.chars() {
        is_code ^= character == '`';
        match words.last_mut() {
            Some(word) if is_code || character != ' ' => word.push(character),
            _ => words.push(String::new()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_comment_is_broken_between_words_and_never_within_code() {
        let long = "word ".repeat(17);
        let text = format!("  // {long}`read_time desc` and more.\n  string name = 1;\n");
        let wanted = format!(
            "  // {}\n  // `read_time desc` and more.\n  string name = 1;\n",
            long.trim_end()
        );
        assert_eq!(super::comments(&text), wanted);
    }
}
