//! Two renderings of a document as one template: the lines that both have, and between conditions
//! those that only one has. Under either condition it is the one rendering, line by line.

use std::fmt::Write as _;

const IF: &str = "{{- if .Values.tls.enabled }}\n";
const IF_NOT: &str = "{{- if not .Values.tls.enabled }}\n";
const ELSE: &str = "{{- else }}\n";
const END: &str = "{{- end }}\n";

/// Returns the template of two renderings.
pub(super) fn merge(plain: &[String], encrypted: &[String]) -> String {
    let mut text = String::new();
    let (mut from, mut from_encrypted) = (0, 0);
    let end = (plain.len(), encrypted.len());
    for (place, place_encrypted) in common(plain, encrypted).into_iter().chain([end]) {
        let only = &plain[from..place];
        let only_encrypted = &encrypted[from_encrypted..place_encrypted];
        text += &match (lines(only), lines(only_encrypted)) {
            (plain, encrypted) if plain.is_empty() && encrypted.is_empty() => String::new(),
            (plain, encrypted) if encrypted.is_empty() => [IF_NOT, &plain, END].concat(),
            (plain, encrypted) if plain.is_empty() => [IF, &encrypted, END].concat(),
            (plain, encrypted) => [IF, &encrypted, ELSE, &plain, END].concat(),
        };
        text += &lines(plain.get(place..=place).unwrap_or_default());
        (from, from_encrypted) = (place + 1, place_encrypted + 1);
    }
    text
}

fn lines(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let _written = writeln!(text, "{line}");
        text
    })
}

/// The places of a longest common subsequence, in both.
fn common(left: &[String], right: &[String]) -> Vec<(usize, usize)> {
    // How many lines are common from a pair of places on.
    let mut counts = vec![vec![0; right.len() + 1]; left.len() + 1];
    for l in (0..left.len()).rev() {
        for r in (0..right.len()).rev() {
            counts[l][r] = if left[l] == right[r] {
                counts[l + 1][r + 1] + 1
            } else {
                counts[l + 1][r].max(counts[l][r + 1])
            };
        }
    }
    let (mut l, mut r, mut places) = (0, 0, Vec::new());
    while l < left.len() && r < right.len() {
        if left[l] == right[r] {
            places.push((l, r));
            (l, r) = (l + 1, r + 1);
        } else if counts[l + 1][r] >= counts[l][r + 1] {
            l += 1;
        } else {
            r += 1;
        }
    }
    places
}
