//! Packets of the SSH file transfer protocol, version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH speaks it.

/// What a packet is.
pub(super) mod kind {
    pub(in super::super) const INIT: u8 = 1;
    pub(in super::super) const VERSION: u8 = 2;
    pub(in super::super) const OPEN: u8 = 3;
    pub(in super::super) const CLOSE: u8 = 4;
    pub(in super::super) const READ: u8 = 5;
    pub(in super::super) const WRITE: u8 = 6;
    pub(in super::super) const FSTAT: u8 = 8;
    pub(in super::super) const OPENDIR: u8 = 11;
    pub(in super::super) const READDIR: u8 = 12;
    pub(in super::super) const REMOVE: u8 = 13;
    pub(in super::super) const MKDIR: u8 = 14;
    pub(in super::super) const STAT: u8 = 17;
    pub(in super::super) const RENAME: u8 = 18;
    pub(in super::super) const STATUS: u8 = 101;
    pub(in super::super) const HANDLE: u8 = 102;
    pub(in super::super) const DATA: u8 = 103;
    pub(in super::super) const NAME: u8 = 104;
    pub(in super::super) const ATTRS: u8 = 105;
    pub(in super::super) const EXTENDED: u8 = 200;
    pub(in super::super) const EXTENDED_REPLY: u8 = 201;
}

/// What follows a request's number.
#[derive(Default)]
pub(super) struct Fields(Vec<u8>);

impl Fields {
    pub(super) fn number(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn long(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn text(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut with = self.number(length);
        with.0.extend_from_slice(bytes);
        with
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is left of an answer.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

/// An answer that ends before it should.
#[derive(Debug)]
pub(super) struct CutShort;

impl<'a> Rest<'a> {
    pub(super) fn number(&mut self) -> Result<u32, CutShort> {
        let (number, rest) = self.0.split_first_chunk().ok_or(CutShort)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*number))
    }

    pub(super) fn long(&mut self) -> Result<u64, CutShort> {
        let (number, rest) = self.0.split_first_chunk().ok_or(CutShort)?;
        self.0 = rest;
        Ok(u64::from_be_bytes(*number))
    }

    pub(super) fn text(&mut self) -> Result<&'a [u8], CutShort> {
        let length = usize::try_from(self.number()?).map_err(|_| CutShort)?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(CutShort)?;
        self.0 = rest;
        Ok(text)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A file's attributes: its length, and whether it is a directory.
    pub(super) fn attributes(&mut self) -> Result<Attributes, CutShort> {
        let flags = self.number()?;
        let has = |flag: u32| flags & flag != 0;
        let length = if has(1) { self.long()? } else { 0 };
        if has(2) {
            self.long()?;
        }
        let mode = if has(4) { self.number()? } else { 0 };
        if has(8) {
            self.long()?;
        }
        if has(0x8000_0000) {
            for _ in 0..self.number()? {
                self.text()?;
                self.text()?;
            }
        }
        Ok(Attributes {
            length,
            is_directory: mode & 0o170_000 == 0o040_000,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) length: u64,
    pub(super) is_directory: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_short_is_told_at_every_byte() {
        let whole = Fields::default()
            .text(b"name")
            .number(0x8000_000f)
            .long(7)
            .long(1)
            .number(0o040_755)
            .long(2)
            .number(1)
            .text(b"a")
            .text(b"b");
        let read = |bytes: &[u8]| {
            let mut rest = Rest(bytes);
            let name = rest.text()?.to_vec();
            Ok::<_, CutShort>((name, rest.attributes()?))
        };
        let (name, found) = read(whole.bytes()).unwrap();
        assert_eq!(name, b"name");
        assert_eq!((found.length, found.is_directory), (7, true));
        for end in 0..whole.bytes().len() {
            assert!(read(&whole.bytes()[..end]).is_err(), "{end}");
        }
        assert!(Rest(&[0xff, 0xff, 0xff, 0xff, 1]).text().is_err());
    }
}
