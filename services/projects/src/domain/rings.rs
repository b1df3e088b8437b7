//! The rings of a graph: what is above each other, by any way, is one ring. Most are one project.

use std::collections::BTreeSet;

/// The ring of each, and the rings right above each ring, which come before it. Each is looked at
/// twice (Kosaraju, Sharir): from above downwards for the order, and in that order upwards, where
/// what was not seen yet is of the same ring.
pub fn rings(
    parents: &[Vec<usize>],
    children: &[Vec<usize>],
) -> (Vec<usize>, Vec<BTreeSet<usize>>) {
    let mut ring_of: Vec<Option<usize>> = vec![None; parents.len()];
    let mut above: Vec<BTreeSet<usize>> = Vec::new();
    for start in downwards(children) {
        if ring_of[start].is_some() {
            continue;
        }
        let (ring, mut over, mut open) = (above.len(), BTreeSet::new(), vec![start]);
        ring_of[start] = Some(ring);
        while let Some(next) = open.pop() {
            for &parent in &parents[next] {
                let known = *ring_of[parent].get_or_insert_with(|| {
                    open.push(parent);
                    ring
                });
                if known != ring {
                    over.insert(known);
                }
            }
        }
        above.push(over);
    }
    (ring_of.into_iter().flatten().collect(), above)
}

/// All, none before one that is above it and not in its ring.
fn downwards(children: &[Vec<usize>]) -> Vec<usize> {
    let (mut order, mut is_seen) = (Vec::new(), vec![false; children.len()]);
    // The last first; and whether all below it was seen.
    let mut open: Vec<(usize, bool)> = (0..children.len()).map(|one| (one, false)).collect();
    while let Some((one, is_done)) = open.pop() {
        if is_done {
            order.push(one);
        } else if !std::mem::replace(&mut is_seen[one], true) {
            open.push((one, true));
            open.extend(children[one].iter().map(|child| (*child, false)));
        }
    }
    order.reverse();
    order
}
