//! Pictures that came from outside, drawn anew: what leaves here is a file of our own making, with nothing of the one that
//! came in but its colours. Whatever the file carried besides (metadata, a place, a script, another file behind it) is gone.

use std::io::Cursor;

use aceso_web::site::PageFault;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

/// A picture is at most so many pixels: beyond, it is not opened.
const MOST_PIXELS: u64 = 40_000_000;
/// How much of itself JPEG keeps, of 100.
const QUALITY: u8 = 85;

/// How large a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// A face beside a name: a square of this many pixels.
    Face,
    /// To be looked at.
    Sheet,
    /// As large as it came, to be kept.
    Whole,
    /// As large as it came and without any loss, as PNG, to be kept.
    WholePng,
}

/// The side of a face, in pixels.
const FACE: u32 = 256;
/// The longest side of a sheet, in pixels.
const SHEET: u32 = 1600;

/// Why a picture is not drawn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    /// Neither PNG nor JPEG, by its first bytes.
    #[error("the file is neither a PNG nor a JPEG picture")]
    Kind,
    /// More pixels than are opened.
    #[error("the picture is larger than {MOST_PIXELS} pixels")]
    Large,
    /// It ends early, or says nonsense.
    #[error("the picture cannot be read")]
    Broken(#[from] image::ImageError),
}

/// A picture drawn anew, as JPEG where its size does not say otherwise, on a thread of its own.
pub(crate) async fn redrawn(
    bytes: Vec<u8>,
    size: Size,
) -> Result<Result<Vec<u8>, PictureError>, PageFault> {
    let drawing = tokio::task::spawn_blocking(move || draw(&bytes, size));
    drawing.await.map_err(PageFault::hidden)
}

/// A picture's bytes (PNG or JPEG, whatever its sender calls it) drawn anew.
fn draw(bytes: &[u8], size: Size) -> Result<Vec<u8>, PictureError> {
    let format = match bytes {
        [0x89, b'P', b'N', b'G', ..] => ImageFormat::Png,
        [0xff, 0xd8, 0xff, ..] => ImageFormat::Jpeg,
        _ => return Err(PictureError::Kind),
    };
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureError::Large);
    }
    let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(turned);
    let picture = match size {
        Size::Face => face(&picture),
        Size::Sheet if picture.width().max(picture.height()) > SHEET => {
            picture.thumbnail(SHEET, SHEET)
        }
        Size::Sheet | Size::Whole | Size::WholePng => picture,
    };
    if size == Size::WholePng {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, ImageFormat::Png)?;
        return Ok(out.into_inner());
    }
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, QUALITY).encode_image(&picture.to_rgb8())?;
    Ok(out)
}

/// The middle square, small.
fn face(picture: &DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let square = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    match side > FACE {
        true => square.thumbnail_exact(FACE, FACE),
        false => square,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height)
            .write_to(&mut out, ImageFormat::Png)
            .unwrap();
        out.into_inner()
    }

    #[test]
    fn a_picture_is_drawn_anew_and_nothing_behind_it_is_kept() {
        let mut bytes = png(600, 400);
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let drawn = draw(&bytes, Size::Face).unwrap();
        assert!(drawn.starts_with(&[0xff, 0xd8, 0xff]));
        assert!(!drawn.windows(7).any(|w| w == b"<script"));
        let face = image::load_from_memory(&drawn).unwrap();
        assert_eq!((face.width(), face.height()), (FACE, FACE));
        let sheet = draw(&png(3200, 100), Size::Sheet).unwrap();
        assert_eq!(image::load_from_memory(&sheet).unwrap().width(), SHEET);
    }

    #[test]
    fn asvs_5_2_3_what_is_no_picture_or_too_large_a_one_is_not_opened() {
        assert!(matches!(
            draw(b"<svg/>", Size::Face),
            Err(PictureError::Kind)
        ));
        assert!(matches!(
            draw(b"GIF89a", Size::Face),
            Err(PictureError::Kind)
        ));
        let broken = png(60, 60);
        let half = broken.get(..40).unwrap();
        assert!(matches!(
            draw(half, Size::Face),
            Err(PictureError::Broken(_))
        ));
        // The first bytes may promise any size.
        let mut huge = png(1, 1);
        huge.splice(16..24, [0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        let refused = draw(&huge, Size::Sheet);
        assert!(
            matches!(refused, Err(PictureError::Large | PictureError::Broken(_))),
            "{refused:?}"
        );
    }
}
