//! ASCII armor (RFC 4880, section 6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const LINE: usize = 64;
/// The longest armored text that is read.
const LONGEST: usize = 64 * 1024;

/// Bytes as a block of this kind (`SIGNATURE`, `PUBLIC KEY BLOCK`).
pub(super) fn write(kind: &str, bytes: &[u8]) -> String {
    let mut out = format!("-----BEGIN PGP {kind}-----\n\n");
    let mut rest = STANDARD.encode(bytes);
    while !rest.is_empty() {
        let more = rest.split_off(rest.len().min(LINE));
        out.push_str(&rest);
        out.push('\n');
        rest = more;
    }
    let [_, a, b, c] = crc24(bytes).to_be_bytes();
    out.push_str(&format!(
        "={}\n-----END PGP {kind}-----\n",
        STANDARD.encode([a, b, c])
    ));
    out
}

/// The bytes of the first block of this kind; none where there is none, or its sum does not fit.
pub(super) fn read(kind: &str, text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    let begin = format!("-----BEGIN PGP {kind}-----");
    let end = format!("-----END PGP {kind}-----");
    let inner = text.split(&begin).nth(1)?.split(&end).next()?;
    // Headers stand before the first empty line.
    let lines = inner
        .lines()
        .skip(1)
        .skip_while(|line| !line.trim().is_empty());
    let mut body = String::new();
    let mut sum = None;
    for line in lines.map(str::trim).filter(|l| !l.is_empty()) {
        match line.strip_prefix('=') {
            Some(said) => sum = STANDARD.decode(said).ok(),
            None => body.push_str(line),
        }
    }
    let bytes = STANDARD.decode(body).ok()?;
    let [_, a, b, c] = crc24(&bytes).to_be_bytes();
    (sum.as_deref() == Some(&[a, b, c])).then_some(bytes)
}

fn crc24(bytes: &[u8]) -> u32 {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    crc & 0x00ff_ffff
}
