//! Whether two samples of times differ.

/// The z value of the rank sum of two samples (Mann and Whitney, 1947): what chance makes is mostly within 2.
pub fn rank_sum(a: &[f64], b: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = a.iter().map(|x| (*x, true)).collect();
    all.extend(b.iter().map(|x| (*x, false)));
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    let ranks = all.iter().zip(1_u32..).filter(|((_, of_a), _)| *of_a);
    let sum: f64 = ranks.map(|(_, rank)| f64::from(rank)).sum();
    let (m, n) = (count(a), count(b));
    let mean = m * (m + n + 1.0) / 2.0;
    (sum - mean) / (m * n * (m + n + 1.0) / 12.0).sqrt()
}

/// The value in the middle; zero of none.
pub fn median(sample: &[f64]) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn count(sample: &[f64]) -> f64 {
    f64::from(u32::try_from(sample.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_that_differ_are_told_apart_and_others_are_not() {
        let fast: Vec<f64> = (0..40).map(f64::from).collect();
        let slow: Vec<f64> = fast.iter().map(|x| x + 30.0).collect();
        assert!(rank_sum(&fast, &slow) < -4.0);
        assert!(rank_sum(&fast, &fast).abs() < 1.0);
        assert!((median(&fast) - 20.0).abs() < f64::EPSILON);
    }
}
