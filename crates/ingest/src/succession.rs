//! The corrections of children: which new child takes the place of one that is gone. Both are named
//! by what they say, so that a correction is another child.

use std::collections::{HashMap, HashSet};

/// The places of those that have one key: of the gone, and of the new. Where each is one, the new
/// one is the correction of the gone one; else nobody knows which is of which.
pub type Same = (Vec<usize>, Vec<usize>);

/// Brings together the gone and the new by their keys; each has its keys, the surest first. One of
/// one goes before several, and is with no others. Several are together by the last key only:
/// publishers use one reference for many.
pub fn same(gone: &[Vec<String>], new: &[Vec<String>]) -> Vec<Same> {
    let levels = gone.iter().chain(new).map(Vec::len).max().unwrap_or_default();
    let mut pairs: Vec<Same> = Vec::new();
    for level in 0..levels {
        let of_level = groups((gone, new), level, &pairs).into_iter();
        let is_pair = |(gone, new): &Same| gone.len() == 1 && new.len() == 1;
        pairs.extend(of_level.filter(is_pair).collect::<Vec<_>>());
    }
    let last = levels.checked_sub(1);
    let several = last.map(|level| groups((gone, new), level, &pairs)).unwrap_or_default();
    pairs.into_iter().chain(several).collect()
}

/// Returns those that share a key of a level, of those that are in no pair.
fn groups(
    (gone, new): (&[Vec<String>], &[Vec<String>]),
    level: usize,
    pairs: &[Same],
) -> Vec<Same> {
    let mut groups: HashMap<&str, Same> = HashMap::new();
    let paired: HashSet<usize> = pairs.iter().flat_map(|pair| pair.0.clone()).collect();
    for (place, key) in keys(gone, level).filter(|(place, _)| !paired.contains(place)) {
        groups.entry(key).or_default().0.push(place);
    }
    let paired: HashSet<usize> = pairs.iter().flat_map(|pair| pair.1.clone()).collect();
    for (place, key) in keys(new, level).filter(|(place, _)| !paired.contains(place)) {
        groups.entry(key).or_default().1.push(place);
    }
    groups.into_values().filter(|(gone, new)| !gone.is_empty() && !new.is_empty()).collect()
}

/// Returns the keys of a level that are not empty, with the places of those that have them.
fn keys(all: &[Vec<String>], level: usize) -> impl Iterator<Item = (usize, &str)> {
    let keys = all.iter().enumerate();
    let keys = keys.filter_map(move |(place, keys)| Some((place, keys.get(level)?.as_str())));
    keys.filter(|(_, key)| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(gone: &[[&str; 2]], new: &[[&str; 2]]) -> Vec<Same> {
        let keys = |all: &[[&str; 2]]| -> Vec<Vec<String>> {
            all.iter().map(|keys| keys.map(str::to_owned).to_vec()).collect()
        };
        let mut found = same(&keys(gone), &keys(new));
        found.sort_unstable();
        found
    }

    #[test]
    fn two_are_paired_by_the_first_key_that_they_alone_have() {
        let pair = |gone, new| (vec![gone], vec![new]);
        for (gone, new, wanted) in [
            (&[["", "a"]][..], &[["", "a"]][..], vec![pair(0, 0)]),
            (&[["1", "a"], ["2", "b"]], &[["2", "a"], ["1", "c"]], vec![pair(0, 1), pair(1, 0)]),
            (&[["1", "a"], ["", "a"]], &[["1", "b"], ["", "a"]], vec![pair(0, 0), pair(1, 1)]),
            (&[["", "a"], ["", "a"]], &[["", "a"]], vec![(vec![0, 1], vec![0])]),
            (&[["", "a"]], &[["", "a"], ["", "a"]], vec![(vec![0], vec![0, 1])]),
            (&[["", ""]], &[["", ""]], vec![]),
            (&[["1", "a"]], &[["2", "b"]], vec![]),
            (&[["1", "a"]], &[["1", "b"], ["1", "c"]], vec![]),
            (&[["1", "a"], ["1", "b"]], &[["1", "b"], ["1", "c"]], vec![pair(1, 0)]),
        ] {
            assert_eq!(found(gone, new), wanted, "{gone:?} {new:?}");
        }
    }
}
