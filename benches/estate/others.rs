//! Logs of everything beside NetBackup's processes.

use std::io;

use super::Log;
use super::clock::{clock, date, iso_day};

/// Every so many lines a record of another sort.
const SELDOM: u64 = 40;

/// `03:14:15`.
fn seconds(log: &Log<'_>) -> String {
    clock(log.millis()).split('.').next().unwrap_or_default().to_owned()
}

/// NetBackup's job manager as vxlogview prints it.
pub(crate) fn unified(log: &mut Log<'_>) -> io::Result<()> {
    while log.progress().is_some() {
        let (year, month, day) = date(log.day);
        let (job, request) = (log.random.below(90_000), log.random.below(900_000_000));
        let text = match log.random.below(3) {
            0 => format!(
                "4 [BRMComm::processMessage] (0000000003{request:06X}) jobid={job} (BRMComm.cpp:2014)"
            ),
            1 => format!(
                "2 [NBJobManager::allocate] resources for jobid={job} were granted after {} ms",
                log.random.below(9000)
            ),
            _ => format!("4 [CallbackQueue::queueRequest] queueing callback for jobid={job}"),
        };
        log.line(&format!("{month}/{day}/{year} {} [Debug] NB 51216 nbjm 117 PID:1480 TID:{} File ID:117 [reqid=-{request}] {text}", clock(log.millis()), 1000 + job % 64))?;
    }
    Ok(())
}

/// Details of one job after another.
pub(crate) fn job(log: &mut Log<'_>) -> io::Result<()> {
    while log.progress().is_some() {
        let (year, month, day) = date(log.day);
        let stamp = format!("{month:02}/{day:02}/{year} {}", seconds(log));
        let pid = log.random.below(30_000);
        let text = match log.random.below(4) {
            0 => format!("Info bptm (pid={pid}) using {} data buffers", log.random.below(256)),
            1 => format!("Info bpbrm (pid={pid}) starting bpbkar on client"),
            2 => format!(
                "Info bptm (pid={pid}) waited for full buffer {} times, delayed {} times",
                log.random.below(9000),
                log.random.below(9000)
            ),
            _ => "begin writing".to_owned(),
        };
        log.line(&format!("{stamp} - {text}"))?;
    }
    Ok(())
}

/// A virtual machine's own log.
pub(crate) fn vmx(log: &mut Log<'_>) -> io::Result<()> {
    let vm = format!("vm{}", log.number);
    log.line(&format!("{}T00:00:00.000Z| vmx| I120: Log for VMware ESX pid=2099564 version=6.0.0 build=build-3620759 option=Release", iso_day(log.day)))?;
    log.line(&format!("{}T00:00:00.001Z| vmx| I120: Config file: /vmfs/volumes/5e0a77c1-3b1d0a22-77aa-ac1f6bcafe01/{vm}/{vm}.vmx", iso_day(log.day)))?;
    while log.progress().is_some() {
        let stamp = format!("{}T{}Z", iso_day(log.day), clock(log.millis()));
        let text = match log.random.below(5) {
            0 => format!(
                "vmx| I120: VigorTransportProcessClientPayload: opID=hostd-{:x} seq={}: Receiving GuestStats.SetStats request.",
                log.random.below(1 << 32),
                log.random.below(90_000)
            ),
            1 => format!(
                "vcpu-0| I120: Tools: Running status rpc handler: {} => {}.",
                log.random.below(2),
                log.random.below(2)
            ),
            2 => format!("svga| I120: WinBSOD: ({}) `screen refresh'", log.random.below(90)),
            3 => format!(
                "vcpu-0| I120: DISKLIB-VMFS : \"/vmfs/volumes/5e0a77c1-3b1d0a22-77aa-ac1f6bcafe01/{vm}/{vm}-flat.vmdk\" : open successful ({}) size = {}",
                log.random.below(20),
                log.random.below(1 << 40)
            ),
            _ => format!(
                "vmx| I120: GuestRpcSendTimedOut: message to toolbox-dnd timed out after {} ms.",
                log.random.below(9000)
            ),
        };
        log.line(&format!("{stamp}| {text}"))?;
    }
    Ok(())
}

/// The agent of a host.
pub(crate) fn hostd(log: &mut Log<'_>) -> io::Result<()> {
    log.line("Section for VMware ESX, pid=2098914, version=6.7.0, build=13006603, option=Release")?;
    while log.progress().is_some() {
        let head = format!(
            "{}T{}Z info hostd[{}] [Originator@6876 sub=",
            iso_day(log.day),
            clock(log.millis()),
            2_099_000 + log.random.below(600)
        );
        let (task, op) = (log.random.below(90_000), log.random.below(1 << 32));
        let text = match log.random.below(4) {
            0 => format!(
                "Vimsvc.TaskManager opID=kz41-{op:08x}-83e4 user=vpxuser] Task Created : haTask--vim.SessionManager.sessionIsActive-{task}"
            ),
            1 => format!(
                "Vimsvc.TaskManager opID=kz41-{op:08x}-83e4 user=vpxuser] Task Completed : haTask--vim.SessionManager.sessionIsActive-{task} Status success"
            ),
            2 => format!(
                "Vimsvc.ha-eventmgr] Event {task} : User dcui@127.0.0.1 logged in as VMware-client/6.5.0"
            ),
            _ => format!(
                "Hostsvc.VmkVprobSource] VmkVprobSource::Post event: (vim.event.EventEx) {{ key = {task}, chainId = {op} }}"
            ),
        };
        log.line(&(head + &text))?;
    }
    Ok(())
}

/// A TSM client's scheduler.
pub(crate) fn sched(log: &mut Log<'_>) -> io::Result<()> {
    log.line(&format!(
        "{} 00:00:01 IBM Tivoli Storage Manager Backup-Archive Client Version 7, Release 1, Level 2.0",
        iso_day(log.day)
    ))?;
    while log.progress().is_some() {
        let stamp = format!("{} {}", iso_day(log.day), seconds(log));
        let (file, size) = (log.random.below(90_000), log.random.below(90_000_000));
        let text = match log.random.below(SELDOM * SELDOM) {
            0 => format!("ANS1228E Sending of object '/home/data/{file}.lock' failed"),
            1 => "Querying server for next scheduled event.".to_owned(),
            even if even % 2 == 0 => format!(
                "Normal File-->        {size:>12} /home/data/project{}/{file}.dat [Sent]      ",
                file % 90
            ),
            _ => format!(
                "Directory-->                 {:>6} /home/data/project{file} [Sent]      ",
                size % 9000
            ),
        };
        log.line(&format!("{stamp} {text}"))?;
    }
    Ok(())
}

/// A TSM client's error log.
pub(crate) fn error(log: &mut Log<'_>) -> io::Result<()> {
    while log.progress().is_some() {
        let stamp = format!("{} {}", iso_day(log.day), seconds(log));
        let file = log.random.below(90_000);
        let text = match log.random.below(4) {
            0 => format!("ANS1228E Sending of object '/home/data/{file}.lock' failed"),
            1 => {
                format!("ANS4037E Object '/home/data/{file}.dat' changed during processing.  Object skipped.")
            }
            2 => format!("ANS1512E Scheduled event 'NIGHT_{}' failed.  Return code = 12.", file % 90),
            _ => "ANS1809W Session is lost; initializing session reopen procedure.".to_owned(),
        };
        log.line(&format!("{stamp} {text}"))?;
    }
    Ok(())
}

/// The System log of a server of 2003, saved as CSV.
pub(crate) fn windows(log: &mut Log<'_>) -> io::Result<()> {
    let host = format!("WIN{}", log.number);
    let (mut planted, mut looks_alike) = (false, false);
    let (year, month, day) = date(log.day);
    while let Some(progress) = log.progress() {
        // Newest first, as Event Viewer saves it.
        let millis = 86_399_000 - log.millis();
        let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
        let half = if hour < 12 { "AM" } else { "PM" };
        let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
        let stamp = format!("{month}/{day}/{year},{hour}:{minute:02}:{second:02} {half}");
        if progress >= 400 && !planted {
            planted = true;
            log.line(&format!("{stamp},VolSnap,Error,None,25,N/A,{host},The shadow copies of volume D: were deleted because the shadow copy storage could not grow in time.  Consider reducing the IO load on the system or choose a shadow copy storage volume that is not being shadow copied. "))?;
            log.planted("VOLSNAP-25", "confirmed", &format!("host={host};volume=D:"));
        }
        if progress >= 700 && !looks_alike {
            looks_alike = true;
            log.line(&format!("{stamp},VolSnap,Information,None,33,N/A,{host},The oldest shadow copy of volume E: was deleted to keep disk space usage for shadow copies of volume E: below the user defined limit. "))?;
        }
        let service =
            log.random.of(&["Volume Shadow Copy", "DNS Server", "Windows Installer", "Removable Storage"]);
        let state = log.random.of(&["running", "stopped"]);
        let text = match log.random.below(SELDOM) {
            0 => format!(
                "{stamp},Print,Warning,None,20,NT AUTHORITY\\SYSTEM,{host},\"Printer Driver HP Universal, version {}, was added or updated.\" ",
                log.random.below(9)
            ),
            _ => format!(
                "{stamp},Service Control Manager,Information,None,7036,N/A,{host},The {service} service entered the {state} state. "
            ),
        };
        log.line(&text)?;
    }
    Ok(())
}
