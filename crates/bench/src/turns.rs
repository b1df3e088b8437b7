//! Two of a kind, measured in turns.

use crate::reads::median;
use crate::row;

const ROUNDS: usize = 7;

/// The rates of one and of the other: pairs of turns, each pair in the other order than the last.
pub async fn in_turns(
    mut measure: impl AsyncFnMut(usize) -> anyhow::Result<f64>,
) -> anyhow::Result<Vec<[f64; 2]>> {
    let mut rates = vec![[0.0; 2]; ROUNDS];
    for (round, pair) in rates.iter_mut().enumerate() {
        for which in [round % 2, 1 - round % 2] {
            pair[which] = measure(which).await?;
        }
    }
    Ok(rates)
}

/// Prints the median of the ratios of the pairs, one to the other.
pub fn print(what: &str, rates: &[[f64; 2]], unit: &str, to_reach: &str) {
    let ratio = median(rates.iter().map(|[one, other]| one / other).collect());
    let [one, other] = [0, 1].map(|which| median(rates.iter().map(|pair| pair[which]).collect()));
    row(what, &format!("{ratio:.2} ({one:.0} to {other:.0}{unit})"), to_reach);
}
