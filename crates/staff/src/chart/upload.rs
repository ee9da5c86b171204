//! Files that people bring: what one is, is read from its first bytes, never from its name or from what the browser says.
//! Pictures are drawn anew whole, so that nothing of the file but its colours is kept; a PDF file is kept as it came, and only
//! ever handed out as a file; text is kept as text. Everything else is refused.

use aceso_web::site::PageFault;

use super::picture::{PictureError, Size, redrawn};

/// What a field for files offers.
pub(crate) const ACCEPTED: &str =
    "application/pdf,image/png,image/jpeg,text/plain,.pdf,.png,.jpg,.jpeg,.txt";
/// What a field for a photograph offers.
pub(crate) const PICTURES: &str = "image/png,image/jpeg";

/// A file as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its media type, as its bytes say.
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Empty,
    OtherPicture,
    Office,
    Program,
    Unknown,
    TooManyPixels,
    Broken,
}

impl Refusal {
    /// As people are told.
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Empty => "There is nothing in this file",
            Self::OtherPicture => {
                "This kind of picture is not taken: save it as JPEG or PNG, then choose it again"
            }
            Self::Office => {
                "Office files and archives are not taken: save it as PDF, then choose that"
            }
            Self::Program => "This is a program, not a document",
            Self::Unknown => {
                "This is not a kind of file that is taken: PDF, PNG, JPEG or plain text"
            }
            Self::TooManyPixels => {
                "This picture has more than 40 million pixels: save it smaller, then choose it again"
            }
            Self::Broken => "This picture cannot be read: the file ends early or is damaged",
        }
    }
}

impl From<PictureError> for Refusal {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Kind => Self::OtherPicture,
            PictureError::Large => Self::TooManyPixels,
            PictureError::Broken(_) => Self::Broken,
        }
    }
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pdf,
    Png,
    Jpeg,
    Text,
}

impl Kind {
    fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        match bytes {
            [] => Err(Refusal::Empty),
            [b'%', b'P', b'D', b'F', b'-', ..] => Ok(Self::Pdf),
            [0x89, b'P', b'N', b'G', ..] => Ok(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [b'G', b'I', b'F', b'8', ..]
            | [b'I', b'I', 0x2a, 0, ..]
            | [b'M', b'M', 0, 0x2a, ..]
            | [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..]
            | [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ]
            | [_, _, _, _, b'f', b't', b'y', b'p', ..] => Err(Refusal::OtherPicture),
            [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] | [0x1f, 0x8b, ..] => {
                Err(Refusal::Office)
            }
            [b'M', b'Z', ..] | [0x7f, b'E', b'L', b'F', ..] if !is_text(bytes) => {
                Err(Refusal::Program)
            }
            bytes if is_text(bytes) => Ok(Self::Text),
            _ => Err(Refusal::Unknown),
        }
    }
}

/// UTF-8 without control characters but those of lines and tabs.
fn is_text(bytes: &[u8]) -> bool {
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(odd))
}

/// A file to be kept among documents.
pub(crate) async fn document(bytes: &[u8]) -> Result<Result<Taken, Refusal>, PageFault> {
    let kind = match Kind::of(bytes) {
        Ok(kind) => kind,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let as_it_came = |kind| Taken {
        kind,
        bytes: bytes.to_vec(),
    };
    let (kind, size) = match kind {
        Kind::Pdf => return Ok(Ok(as_it_came("application/pdf"))),
        Kind::Text => return Ok(Ok(as_it_came("text/plain; charset=utf-8"))),
        Kind::Png => ("image/png", Size::WholePng),
        Kind::Jpeg => ("image/jpeg", Size::Whole),
    };
    let drawn = redrawn(bytes.to_vec(), size).await?;
    let taken = drawn.map(|bytes| Taken { kind, bytes });
    Ok(taken.map_err(Refusal::from))
}

/// A picture as the small photograph beside a name.
pub(crate) async fn photograph(bytes: &[u8]) -> Result<Result<Vec<u8>, Refusal>, PageFault> {
    match Kind::of(bytes) {
        Ok(Kind::Png | Kind::Jpeg) => {
            let drawn = redrawn(bytes.to_vec(), Size::Face).await?;
            Ok(drawn.map_err(Refusal::from))
        }
        Ok(Kind::Pdf | Kind::Text) => Ok(Err(Refusal::OtherPicture)),
        Err(refusal) => Ok(Err(refusal)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};

    use super::*;

    #[test]
    fn asvs_5_2_2_what_a_file_is_its_own_bytes_say() {
        for (bytes, kind) in [
            (&b"%PDF-1.7 ..."[..], Ok(Kind::Pdf)),
            (b"\x89PNG\r\n\x1a\n", Ok(Kind::Png)),
            (b"\xff\xd8\xff\xe0", Ok(Kind::Jpeg)),
            (b"Dear colleague,\r\n\tthank you", Ok(Kind::Text)),
            // Markup is text, and stays text.
            (b"<script>alert(1)</script>", Ok(Kind::Text)),
            (b"", Err(Refusal::Empty)),
            (b"GIF89a", Err(Refusal::OtherPicture)),
            (b"\0\0\0\x18ftypheic", Err(Refusal::OtherPicture)),
            (b"PK\x03\x04word/", Err(Refusal::Office)),
            (b"\xd0\xcf\x11\xe0\xa1", Err(Refusal::Office)),
            (b"MZ\x90\0\x03", Err(Refusal::Program)),
            (b"\x7fELF\x02\0", Err(Refusal::Program)),
            (b"MZ is how this letter begins", Ok(Kind::Text)),
            (b"half \xff a letter", Err(Refusal::Unknown)),
            (b"a\0b", Err(Refusal::Unknown)),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn emr_1_22_of_a_picture_only_its_colours_are_kept() {
        for (format, kind) in [
            (ImageFormat::Png, "image/png"),
            (ImageFormat::Jpeg, "image/jpeg"),
        ] {
            let mut out = Cursor::new(Vec::new());
            let picture = DynamicImage::new_rgb8(2_000, 100);
            picture.write_to(&mut out, format).unwrap();
            let mut bytes = out.into_inner();
            bytes.extend_from_slice(b"<script>alert(1)</script>");
            let taken = document(&bytes).await.unwrap().unwrap();
            assert_eq!(taken.kind, kind);
            assert!(!taken.bytes.windows(7).any(|w| w == b"<script"));
            let again = image::load_from_memory_with_format(&taken.bytes, format).unwrap();
            assert_eq!((again.width(), again.height()), (2_000, 100));
            let face = photograph(&bytes).await.unwrap().unwrap();
            assert_eq!(image::load_from_memory(&face).unwrap().width(), 100);
        }
        let half = document(b"\x89PNG\r\n\x1a\n").await.unwrap();
        assert_eq!(half, Err(Refusal::Broken));
        let text = photograph(b"no picture").await.unwrap();
        assert_eq!(text, Err(Refusal::OtherPicture));
    }
}
