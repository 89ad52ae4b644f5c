//! Decoders for compressions, each of which goes on behind the end of a member: rotated logs are often joined.
//!
//! A decoder's window (the stretch it may refer back to) is memory that the data asks for; it is bounded here.

use std::io::{self, BufRead};

use flate2::bufread::MultiGzDecoder;

use super::unpack::Format;

/// Memory that one decoder may take: `xz -9` needs 65 MiB, `zstd --ultra -22` 128 MiB. Data that asks for more was
/// made to hurt, or by someone who knows how to unpack it.
pub(super) const MAX_WINDOW: u64 = 128 * 1024 * 1024;

/// Is it a compression of one stream of bytes that can be taken off?
pub(super) fn is_compression(format: Format) -> bool {
    let is_other = matches!(format, Format::Bzip2 | Format::Xz | Format::Zstandard);
    format == Format::Gzip || cfg!(feature = "archives") && is_other
}

/// A reader of what is in there.
pub(super) fn decoder<'r>(format: Format, packed: impl BufRead + 'r) -> io::Result<Box<dyn io::Read + 'r>> {
    Ok(match format {
        #[cfg(feature = "archives")]
        Format::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
        #[cfg(feature = "archives")]
        Format::Xz => {
            use liblzma::stream::{CONCATENATED, Stream};
            let stream = Stream::new_stream_decoder(MAX_WINDOW, CONCATENATED)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(packed, stream))
        }
        #[cfg(feature = "archives")]
        Format::Zstandard => {
            let mut decoder = zstd::Decoder::with_buffer(packed)?;
            decoder.window_log_max(MAX_WINDOW.ilog2())?;
            Box::new(decoder)
        }
        _ => Box::new(MultiGzDecoder::new(packed)),
    })
}

/// Did the decoder refuse because of its memory?
pub(super) fn asks_for_memory(error: &io::Error) -> bool {
    #[cfg(feature = "archives")]
    {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<liblzma::stream::Error>());
        if matches!(inner, Some(liblzma::stream::Error::MemLimit)) {
            return true;
        }
    }
    // zstd's error is nothing but its text.
    error.to_string().contains("too much memory")
}
