//! One bundle of logs, and all the ways to pack it.

use std::io::{Cursor, Write};

/// Name and bytes of each file.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

pub(crate) const BPDM: &str = "\
09:02:11.101 [7731] <2> bpdm: INITIATING (VERBOSE = 0): -opt_dup -b filesrv4_1242021151 -cn 1 -jobid 5512
09:12:44.310 [7731] <8> replace_disk_frag: cannot update image database to add completed fragment, error = cannot connect on socket
09:12:44.310 [7731] <16> logERROR: cannot log message to error database, error = cannot connect on socket
09:12:44.322 [7731] <4> dd07: /usr/openv/lib/ost-plugins/libstspinearstore.so:stspi_delete_image STS_EOK pathname =dd07_lsu1/filesrv4_1242021151_C1_F2_R2:1242021151:unix_home:4:1:: deleted
09:12:44.330 [7731] <2> bpdm: EXITING with status 174
";

const JOB: &str = "\
05/11/2009 09:02:10 - requesting resource @aaaac
05/11/2009 09:02:10 - Info Duplicate (pid=8077) Initiating optimized duplication from @aaaac to @aaaaf
05/11/2009 09:02:12 - granted resource MediaID=@aaaac;DiskVolume=dd07_lsu1;DiskPool=dd07_pool;Path=dd07_lsu1;StorageServer=dd07;MediaServer=media3
05/11/2009 09:40:02 - Critical bpdm (pid=8120) image open failed: error 2060013: no more entries
05/11/2009 09:40:03 - Error bpduplicate (pid=8077) host filesrv4 backup id filesrv4_1242021151 optimized duplication failed, media open error (83).
05/11/2009 09:40:03 - Error bpduplicate (pid=8077) Status = no images were successfully processed.
05/11/2009 09:40:04 - end Duplicate; elapsed time 0:37:54
no images were successfully processed  (191)
";

/// A media server's logs.
pub(crate) fn bundle() -> Files {
    vec![
        ("media3/bpdm/log.051109".to_owned(), BPDM.as_bytes().to_vec()),
        ("media3/jobs/duplicate.txt".to_owned(), JOB.as_bytes().to_vec()),
        ("media3/readme.txt".to_owned(), b"case 412-000-117, logs of media3\n".to_vec()),
    ]
}

pub(crate) fn tar_with(files: &Files, header: fn() -> tar::Header) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = header();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn tar(files: &Files) -> Vec<u8> {
    tar_with(files, tar::Header::new_gnu)
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

pub(crate) fn zip_with(files: &Files, options: zip::write::SimpleFileOptions) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn zip(files: &Files) -> Vec<u8> {
    zip_with(files, stored().compression_method(zip::CompressionMethod::Deflated))
}

pub(crate) fn stored() -> zip::write::SimpleFileOptions {
    zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)
}

pub(crate) fn seven_zip(files: &Files) -> Vec<u8> {
    let mut writer = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in files {
        let entry = sevenz_rust2::ArchiveEntry::new_file(name);
        writer.push_archive_entry(entry, Some(bytes.as_slice())).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn cabinet(files: &Files) -> Vec<u8> {
    let mut builder = cab::CabinetBuilder::new();
    let folder = builder.add_folder(cab::CompressionType::MsZip);
    for (name, _) in files {
        folder.add_file(name.replace('/', "\\"));
    }
    let mut writer = builder.build(Cursor::new(Vec::new())).unwrap();
    for (_, bytes) in files {
        writer.next_file().unwrap().unwrap().write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Every container, by the name that its file would have.
pub(crate) fn containers(files: &Files) -> Vec<(&'static str, Vec<u8>)> {
    let deflated = stored().compression_method(zip::CompressionMethod::Deflated);
    let tarball = tar(files);
    let inner = |name: &str, bytes: Vec<u8>| vec![(name.to_owned(), bytes)];
    vec![
        ("b.tar", tarball.clone()),
        ("b.ustar.tar", tar_with(files, tar::Header::new_ustar)),
        ("b.v7.tar", tar_with(files, tar::Header::new_old)),
        ("b.tar.gz", gzip(&tarball)),
        ("b.tar.bz2", bzip2(&tarball)),
        ("b.tar.xz", xz(&tarball)),
        ("b.tar.zst", zstd(&tarball)),
        ("b.zip", zip(files)),
        ("b.stored.zip", zip_with(files, stored())),
        ("b.zip64.zip", zip_with(files, deflated.large_file(true))),
        ("b.bz2.zip", zip_with(files, stored().compression_method(zip::CompressionMethod::Bzip2))),
        ("b.7z", seven_zip(files)),
        ("b.cab", cabinet(files)),
        ("out.tar.gz!in.zip", gzip(&tar(&inner("in.zip", zip(files))))),
        ("out.zip!in.tar.gz", zip(&inner("in.tar.gz", gzip(&tarball)))),
        ("out.7z!in.cab", seven_zip(&inner("in.cab", cabinet(files)))),
        ("out.zip!in.7z", zip(&inner("in.7z", seven_zip(files)))),
        ("out.zip!mid.tar.xz!in.zip", { zip(&inner("mid.tar.xz", xz(&tar(&inner("in.zip", zip(files)))))) }),
    ]
}
