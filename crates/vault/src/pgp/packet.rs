//! Packets and numbers (RFC 4880, sections 3.2, 4.2 and 5.2).

/// A packet with a length of the new form.
pub(super) fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&[0xc0 | tag, 0xff][..], &length.to_be_bytes(), body].concat()
}

/// A number: its bits, then its bytes without leading zeros.
pub(super) fn number(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    let (_, short) = bytes.split_at(zeros);
    let first = short.first().map_or(0, |b| 8 - b.leading_zeros());
    let rest = u32::try_from(short.len().saturating_sub(1)).unwrap_or(0);
    let bits = u16::try_from(rest * 8 + first).unwrap_or(u16::MAX);
    [&bits.to_be_bytes()[..], short].concat()
}

/// A subpacket shorter than 192 bytes.
pub(super) fn sub(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len() + 1).unwrap_or(u8::MAX);
    [&[length, kind][..], body].concat()
}

/// A length of two bytes before some.
pub(super) fn counted(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

/// Bytes that are taken from the front.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn length(&mut self, bytes: usize) -> Option<usize> {
        let taken = self.take(bytes)?;
        Some(taken.iter().fold(0, |sum, b| (sum << 8) | usize::from(*b)))
    }

    /// What has a length of two bytes before it.
    pub(super) fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.length(2)?;
        self.take(length)
    }

    /// A number of at most 33 bytes, with zeros before it up to `width`.
    pub(super) fn number(&mut self, width: usize) -> Option<Vec<u8>> {
        let bits = self.length(2)?;
        let short = self.take(bits.div_ceil(8))?;
        let zeros = width.checked_sub(short.len())?;
        Some([&vec![0; zeros][..], short].concat())
    }

    /// The next packet: its tag and body. Partial lengths are refused.
    pub(super) fn packet(&mut self) -> Option<(u8, &'a [u8])> {
        let head = self.byte()?;
        if head & 0x80 == 0 {
            return None;
        }
        if head & 0x40 == 0 {
            let length = match head & 3 {
                0 => self.length(1)?,
                1 => self.length(2)?,
                2 => self.length(4)?,
                _ => return None,
            };
            return Some(((head >> 2) & 0x0f, self.take(length)?));
        }
        let length = match self.byte()? {
            one @ 0..=191 => usize::from(one),
            two @ 192..=223 => (usize::from(two) - 192) * 256 + usize::from(self.byte()?) + 192,
            255 => self.length(4)?,
            224..=254 => return None,
        };
        Some((head & 0x3f, self.take(length)?))
    }
}
