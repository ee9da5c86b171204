//! Chance that is the same each time.

/// A generator for one patient (xorshift64*; no secret depends on it).
pub(super) struct Chance(u64);

impl Chance {
    /// The generator of a number.
    pub(super) fn of(number: u32) -> Self {
        let mut chance = Self(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(u64::from(number) + 1) | 1);
        for _ in 0..8 {
            chance.next();
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let high = u32::try_from(self.next() >> 32).unwrap_or(0);
        high.checked_rem(bound).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of these; the first for none.
    pub(super) fn pick<T: Copy>(&mut self, all: &[T], or: T) -> T {
        let at = self.below(u32::try_from(all.len()).unwrap_or(0));
        let at = usize::try_from(at).unwrap_or(0);
        all.get(at).copied().unwrap_or(or)
    }

    /// A value around a mean: the sum of three equal chances within `spread` of it.
    pub(super) fn around(&mut self, mean: f64, spread: f64) -> f64 {
        let sum = (0..3).map(|_| f64::from(self.below(2001)) / 1000.0 - 1.0);
        mean + spread * sum.sum::<f64>() / 3.0
    }
}
