//! Resource bodies at rest: zstd with a dictionary trained on synthetic patients. The first byte names the form; old
//! forms and dictionaries are kept for ever.

use std::cell::RefCell;
use std::sync::OnceLock;

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::StoreError;

const PLAIN: u8 = 0;
const ZSTD_1: u8 = 1;
const LEVEL: i32 = 3;
/// A body larger than this is not believed.
const LARGEST: usize = 256 << 20;
static DICTIONARY_1: &[u8] = include_bytes!("../data/bodies-1.dict");

thread_local! {
    static PACK: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACK: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Packs a body: `form ‖ length (4 bytes, little end first) ‖ zstd frame`, or `0 ‖ body` where packing gains nothing.
pub(crate) fn pack(body: &[u8]) -> Result<Vec<u8>, StoreError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let packed = PACK.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(c) => c,
            None => slot
                .insert(Compressor::with_prepared_dictionary(encoder()).map_err(StoreError::io)?),
        };
        compressor.compress(body).map_err(StoreError::io)
    })?;
    let length = u32::try_from(body.len()).map_err(|_| StoreError::text("a body over 4 GiB"))?;
    let mut out = Vec::with_capacity(5 + packed.len().min(body.len()));
    if packed.len() + 4 < body.len() {
        out.push(ZSTD_1);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&packed);
    } else {
        out.push(PLAIN);
        out.extend_from_slice(body);
    }
    Ok(out)
}

/// The body that was packed.
pub(crate) fn unpack(packed: &[u8]) -> Result<Bytes, StoreError> {
    match packed.split_first() {
        None => Ok(Bytes::new()),
        Some((&PLAIN, body)) => Ok(Bytes::copy_from_slice(body)),
        Some((&ZSTD_1, rest)) => {
            let (length, frame) = rest
                .split_first_chunk::<4>()
                .ok_or_else(|| StoreError::text("a body cut short"))?;
            let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
            if length > LARGEST {
                return Err(StoreError::text("a body with an impossible length"));
            }
            unzstd(frame, length)
        }
        Some((form, _)) => Err(StoreError(format!(
            "a body of form {form}, which this release does not know"
        ))),
    }
}

fn unzstd(frame: &[u8], length: usize) -> Result<Bytes, StoreError> {
    UNPACK.with_borrow_mut(|slot| {
        let decompressor = match slot {
            Some(d) => d,
            None => slot
                .insert(Decompressor::with_prepared_dictionary(decoder()).map_err(StoreError::io)?),
        };
        decompressor
            .decompress(frame, length)
            .map(Bytes::from)
            .map_err(StoreError::io)
    })
}

fn encoder() -> &'static EncoderDictionary<'static> {
    static DICTIONARY: OnceLock<EncoderDictionary<'static>> = OnceLock::new();
    DICTIONARY.get_or_init(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL))
}

fn decoder() -> &'static DecoderDictionary<'static> {
    static DICTIONARY: OnceLock<DecoderDictionary<'static>> = OnceLock::new();
    DICTIONARY.get_or_init(|| DecoderDictionary::copy(DICTIONARY_1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_as_it_went_in() {
        for body in [
            &b""[..],
            b"{}",
            br#"{"resourceType":"Patient","active":true,"name":[{"family":"Chalmers"}]}"#,
        ] {
            assert_eq!(unpack(&pack(body).unwrap()).unwrap(), body);
        }
        assert!(unpack(&[9, 1, 2]).is_err());
        assert!(unpack(&[ZSTD_1, 1]).is_err());
    }
}
