//! NetBackup debug logs: what bptm, bpdm, bpbrm and bpbkar write all day.

use std::io;

use super::Log;
use super::clock::{clock, half_day_clock};

/// Busy processes; each has its lines between those of the others.
const PROCESSES: u64 = 12;

/// One failure and one look-alike a file, somewhere in its middle.
const PLANTED_AT: u64 = 400;
const LOOK_ALIKE_AT: u64 = 700;

const CLIENTS: &[&str] = &["finch", "plover", "heron", "kestrel", "siskin", "wren"];

fn backup_id(log: &mut Log<'_>) -> String {
    let client = log.random.of(CLIENTS);
    format!(
        "{client}{}_{}",
        log.random.below(400),
        1_267_401_600 + log.day * 86_400 + log.random.below(86_400)
    )
}

/// `[pid]`, or `[pid.thread]` as on Windows.
fn pid(log: &mut Log<'_>) -> String {
    let pid =
        10_000 + (log.number * 37 + log.millis() / 1_800_000) % 20_000 * 2 + log.random.below(PROCESSES);
    if log.number.is_multiple_of(3) { format!("[{pid}.{}]", pid / 3) } else { format!("[{pid}]") }
}

fn line(log: &mut Log<'_>, text: &str) -> io::Result<()> {
    let head = format!("{} {}", clock(log.millis()), pid(log));
    log.line(&format!("{head} {text}"))
}

/// Lines that every process of NetBackup writes.
fn common(log: &mut Log<'_>, process: &str) -> io::Result<()> {
    let text = match log.random.below(12) {
        0 => "<2> vnet_pbxConnect: pbxConnectEx Succeeded".to_owned(),
        1 => format!(
            "<2> logconnections: BPDBM CONNECT FROM 10.20.{}.{}.{} TO 10.20.1.5.1556 fd = {}",
            log.random.below(30),
            log.random.below(250),
            1024 + log.random.below(60_000),
            log.random.below(40)
        ),
        2 => "<2> db_end: Need to collect reply".to_owned(),
        3 => format!("<2> db_getCONFIG: retrieving config info from host media{}", log.random.below(9)),
        4 => format!(
            "<2> vnet_cached_getaddrinfo_and_update: [vnet_addrinfo.c:1600] found in cache name: media{}",
            log.random.below(9)
        ),
        5 => format!(
            "<2> ParseConfigExA: Unknown configuration option on line {}: TELEMETRY_UPLOAD = NO",
            log.random.below(90)
        ),
        6 => format!(
            "<2> {process}: INITIATING (VERBOSE = 0): -w -pid {} -c plover{} -jobid {}",
            log.random.below(30_000),
            log.random.below(400),
            log.random.below(90_000)
        ),
        7 => "<2> JobInst::sendIrmMsg: returning".to_owned(),
        8 => format!(
            "<4> {process}: media server media{} has {} active streams",
            log.random.below(9),
            log.random.below(40)
        ),
        9 => format!(
            "<2> {process}: EXITING with status {}",
            match log.random.below(500) {
                0 => 1,
                1 => 84,
                _ => 0,
            }
        ),
        10 => format!(
            "<2> getsockconnected: Connect to media{} on port {}",
            log.random.below(9),
            1024 + log.random.below(60_000)
        ),
        _ => "<2> check_authentication: no authentication required".to_owned(),
    };
    line(log, &text)
}

/// A log in which every line is a step of a known failure, each of another image and process.
pub(crate) fn flood(log: &mut Log<'_>) -> io::Result<()> {
    let mut image = 1_242_000_000 + log.number * 10_000_000;
    while log.progress().is_some() {
        image += 1;
        let head = format!("{} [{}]", clock(log.millis()), 1000 + image % 60_000);
        log.line(&format!(
            "{head} <8> replace_disk_frag: cannot update image database to add completed fragment, error = cannot connect on socket"
        ))?;
        log.line(&format!(
            "{head} <4> dd07: /usr/openv/lib/ost-plugins/libstspinearstore.so:stspi_delete_image STS_EOK pathname =dd07_lsu1/filesrv4_{image}_C1_F2_R2:{image}:unix_home:4:1:: deleted"
        ))?;
    }
    Ok(())
}

/// The tape manager.
pub(crate) fn bptm(log: &mut Log<'_>) -> io::Result<()> {
    let (mut planted, mut looks_alike) = (false, false);
    while let Some(progress) = log.progress() {
        if progress >= PLANTED_AT && !planted {
            planted = true;
            let (drive, media) = (format!("HP_Drv{}", log.number), format!("A{:05}", log.number));
            line(
                log,
                &format!(
                    "<16> process_tapealert: TapeAlert Code: 0x04, Type: Critical, Flag: MEDIA, from drive {drive} (index 4), Media Id {media}"
                ),
            )?;
            log.planted("TECH48603", "confirmed", &format!("drive={drive};media_id={media}"));
        }
        if progress >= LOOK_ALIKE_AT && !looks_alike {
            looks_alike = true;
            line(
                log,
                &format!(
                    "<8> process_tapealert: TapeAlert Code: 0x03, Type: Warning, Flag: HARD ERROR, from drive HP_Drv{} (index 4), Media Id B{:05}",
                    log.number, log.number
                ),
            )?;
            line(
                log,
                &format!(
                    "<16> process_tapealert: TapeAlert Code: 0x16, Type: Critical, Flag: EXPIRED CLEANING MEDIA, from drive HP_Drv{} (index 4), Media Id ",
                    log.number
                ),
            )?;
        }
        let text = match log.random.below(9) {
            0 => format!(
                "<2> write_data: twin_index: {} active: 1 dont_process: 0 wrote_backup_hdr: 1 finished_buff: 0",
                log.random.below(4)
            ),
            1 => format!(
                "<2> write_data: absolute block position prior to writing backup header(s) is {}, copy 1",
                log.random.below(900_000)
            ),
            2 => {
                let id = backup_id(log);
                format!(
                    "<4> write_backup: begin writing backup id {id}, copy 1, fragment {}, to media id A{:05} on drive HP_Drv{} (index {})",
                    1 + log.random.below(9),
                    log.random.below(9000),
                    log.random.below(16),
                    log.random.below(16)
                )
            }
            3 => {
                let id = backup_id(log);
                format!(
                    "<2> io_write_back_header: drive index {}, {id}, file num = {}, mpx_headers = 0, copy 1",
                    log.random.below(16),
                    log.random.below(200)
                )
            }
            4 => format!(
                "<2> send_MDS_msg: DEVICE_STATUS 1 {} media{} A{:05} {} HP_Drv{} 2000{} {} 0 0 0",
                log.random.below(90_000),
                log.random.below(9),
                log.random.below(9000),
                4_000_000 + log.random.below(9999),
                log.random.below(16),
                log.random.below(900),
                log.random.below(1_000_000)
            ),
            5 => format!(
                "<2> fill_buffer: [{}] socket is closed, waited for empty buffer {} times, delayed {} times, read {} Kbytes",
                log.random.below(30_000),
                log.random.below(900),
                log.random.below(9000),
                log.random.below(90_000_000)
            ),
            6 => format!(
                "<4> report_throughput: VBRT 1 {} 1 1 HP_Drv{} A{:05} 0 1 0 {} {} (tape_file)",
                log.random.below(30_000),
                log.random.below(16),
                log.random.below(9000),
                log.random.below(90_000_000),
                log.random.below(90_000_000)
            ),
            7 => format!("<2> tapelib: wait_for_ltid, Mount, timeout {}", log.random.below(90)),
            _ => {
                common(log, "bptm")?;
                continue;
            }
        };
        line(log, &text)?;
    }
    Ok(())
}

/// The disk manager: duplications between storage servers.
pub(crate) fn bpdm(log: &mut Log<'_>) -> io::Result<()> {
    const PLUGIN: &str = "/usr/openv/lib/ost-plugins/libstspiDataDomain.so";
    let (mut planted, mut looks_alike) = (false, false);
    while let Some(progress) = log.progress() {
        if progress >= PLANTED_AT && !planted {
            planted = true;
            // Numbers of processes that nobody else in the file has.
            let (clock, pid) = (clock(log.millis()), 60_000 + log.number);
            let id = format!("owl{}_{}", log.number, 1_267_401_600 + log.day * 86_400 - 3600);
            log.line(&format!("{clock} [{pid}] <16> logERROR: cannot log message to error database, error = cannot connect on socket"))?;
            log.line(&format!("{clock} [{pid}] <8> replace_disk_frag: cannot update image database to add completed fragment, error = cannot connect on socket"))?;
            let backup = id.rsplit_once('_').map_or("0", |(_, time)| time).to_owned();
            log.line(&format!("{clock} [{pid}] <4> ddr2: {PLUGIN}:stspi_delete_image STS_EOK pathname =ddr2_dsu1/{id}_C1_F1_R1:{backup}:owl_exchange:16:1:: deleted"))?;
            log.planted("TECH69597", "likely", &format!("backup_id={id};copy=1;fragment=1"));
        }
        if progress >= LOOK_ALIKE_AT && !looks_alike {
            looks_alike = true;
            let id = backup_id(log);
            let backup = id.rsplit_once('_').map_or("0", |(_, time)| time).to_owned();
            // An expired image is deleted, and an error could not be written down elsewhere.
            line(
                log,
                &format!(
                    "<4> ddr2: {PLUGIN}:stspi_delete_image STS_EOK pathname =ddr2_dsu1/{id}_C1_F1_R1:{backup}:wren_fs:16:1:: deleted"
                ),
            )?;
            line(
                log,
                "<16> logERROR: cannot log message to error database, error = cannot connect on socket",
            )?;
        }
        let text = match log.random.below(8) {
            0 => format!(
                "<4> ddr{}: {PLUGIN}:stspi_write_image STS_EOK wrote {} bytes at offset {}",
                log.random.below(9),
                log.random.below(900_000),
                log.random.below(90_000_000)
            ),
            1 => {
                let id = backup_id(log);
                format!(
                    "<4> ddr{}: {PLUGIN}:stspi_open_image STS_EOK ddr2_dsu1/{id}_C1_F{}_R1",
                    log.random.below(9),
                    1 + log.random.below(9)
                )
            }
            2 => format!(
                "<2> bpdm: INITIATING (VERBOSE = 0): -optdup -jobid {} -src ddr2_dsu1 -dst ddr5_dsu1",
                log.random.below(90_000)
            ),
            3 => {
                let id = backup_id(log);
                format!(
                    "<2> write_data_cs_to_ds: image {id} copied {} Kbytes, {} remain",
                    log.random.below(90_000_000),
                    log.random.below(90_000_000)
                )
            }
            4 => format!("<2> bpcr_get_version_rqst: bpcd version: 0{}000000", 6 + log.random.below(2)),
            5 => format!(
                "<2> set_job_details: Done; job details sent {} of {}",
                log.random.below(90),
                90 + log.random.below(90)
            ),
            6 => format!(
                "<2> verify_transform: validated block {} of extent {}",
                log.random.below(90_000),
                log.random.below(900)
            ),
            _ => {
                common(log, "bpdm")?;
                continue;
            }
        };
        line(log, &text)?;
    }
    Ok(())
}

/// The backup manager; nothing is planted in it.
pub(crate) fn bpbrm(log: &mut Log<'_>) -> io::Result<()> {
    while log.progress().is_some() {
        let text = match log.random.below(6) {
            0 => {
                let id = backup_id(log);
                format!("<2> bpbrm main: client {id} starting, stream {}", log.random.below(9))
            }
            1 => "<2> bpbrm readline: retrying partial read from fgets ::".to_owned(),
            2 => format!(
                "<2> bpbrm send_parent_msg: JOBID={} KBYTES={}",
                log.random.below(90_000),
                log.random.below(90_000_000)
            ),
            3 => format!(
                "<2> bpbrm handle_backup: from client plover{}: TRV - last message being suppressed after {} occurrences",
                log.random.below(400),
                log.random.below(40)
            ),
            4 => format!(
                "<2> inform_client_of_status: INF - Server status = {}",
                u64::from(log.random.below(500) == 0)
            ),
            _ => {
                common(log, "bpbrm")?;
                continue;
            }
        };
        line(log, &text)?;
    }
    Ok(())
}

/// The client on Windows, with its own clock and line ends.
pub(crate) fn bpbkar(log: &mut Log<'_>) -> io::Result<()> {
    while log.progress().is_some() {
        let pid = format!("[{}.{}]", 3000 + log.number, 1000 + log.random.below(8) * 4);
        let clock = half_day_clock(log.millis());
        let (file, size) = (log.random.below(900_000), log.random.below(90_000_000));
        let text = match log.random.below(5) {
            0 => format!(
                "<2> tar_base::V_vTarMsgW: TRV - object E:\\data\\{file}.dat has been modified, backing up {size} bytes"
            ),
            1 => format!("<4> dos_backup::V_VerifyFileSystem: INF - checking E:\\data\\folder{file}"),
            2 => format!("<2> ov_log::V_GlobalLog: INF - BEDS_FS: file {file} of directory E:\\data read"),
            3 => format!("<2> tar_backup_tfi::SendData: INF - sent {size} bytes of E:\\data\\{file}.dat"),
            _ => format!(
                "<2> tar_base::V_vTarMsgW: WRN - can't open file: E:\\data\\{file}.tmp (WIN32 32: The process cannot access the file because it is being used by another process. )"
            ),
        };
        log.line(&format!("{clock}: {pid} {text}\r"))?;
    }
    Ok(())
}
