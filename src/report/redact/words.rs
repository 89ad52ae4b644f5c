//! Which names are private, and which words of paths and sentences are not.

/// What a name belongs to; the pseudonyms of each kind are counted by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Host,
    Vm,
    User,
    Domain,
    Policy,
    /// Volumes, pools, data stores. (Names of snapshots stay: they tell whose they are.)
    Store,
    /// A word of a path.
    Path,
    Ipv4,
    Ipv6,
    Mac,
    Sid,
}

impl Kind {
    /// The group of the map.
    pub(super) fn group(self) -> &'static str {
        match self {
            Kind::Host => "hosts",
            Kind::Vm => "virtual machines",
            Kind::User => "users",
            Kind::Domain => "domains",
            Kind::Policy => "policies and jobs",
            Kind::Store => "storage",
            Kind::Path => "paths",
            Kind::Ipv4 | Kind::Ipv6 | Kind::Mac => "addresses",
            Kind::Sid => "security identifiers",
        }
    }

    /// The pseudonym of this number. It has the shape of what it stands for, so that logs and joins can still be
    /// read; addresses are taken from the ranges kept for documentation and tests.
    pub(super) fn pseudonym(self, number: usize) -> String {
        match self {
            Kind::Host => format!("host{number}"),
            Kind::Vm => format!("vm{number}"),
            Kind::User => format!("user{number}"),
            Kind::Domain => format!("domain{number}.example"),
            Kind::Policy => format!("policy{number}"),
            Kind::Store => format!("store{number}"),
            Kind::Path => format!("path{number}"),
            Kind::Ipv4 => format!("198.{}.{}.{}", 18 + number / 65_536 % 2, number / 256 % 256, number % 256),
            Kind::Ipv6 => format!("2001:db8::{number:x}"),
            Kind::Mac => {
                format!("02:00:00:{:02x}:{:02x}:{:02x}", number >> 16 & 255, number >> 8 & 255, number & 255)
            }
            Kind::Sid => format!("S-1-5-21-1-1-1-{}", 1000 + number),
        }
    }
}

/// What the value of a field of this name is; `None`: nothing private as a whole.
pub(super) fn kind_of_key(key: &str) -> Option<Kind> {
    let key = key.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
    if ends(&["_version", "_count", "_level", "_type", "_time", "_status", "_state", "_os"]) {
        return None;
    }
    let has = |words: &[&str]| key.split('_').any(|word| words.contains(&word));
    if ends(&["backup_id", "_code"]) {
        None
    } else if has(&["vm", "vmname", "guest"]) && !has(&["moref", "id"]) {
        Some(Kind::Vm)
    } else if has(&["user", "owner", "account", "login"]) {
        Some(Kind::User)
    } else if has(&["policy", "schedule", "lifecycle", "slp", "job"]) && !has(&["id"]) {
        Some(Kind::Policy)
    } else if has(&["domain", "realm"]) {
        Some(Kind::Domain)
    } else if has(&["server"]) {
        (!has(&["id"])).then_some(Kind::Host)
    } else if has(&["volume", "pool", "stu", "storage", "datastore", "disk", "unit", "filespace", "database"])
    {
        (!has(&["id", "number"])).then_some(Kind::Store)
    } else if has(&[
        "host", "server", "client", "master", "media", "node", "computer", "machine", "esx", "vcenter",
        "proxy", "mover", "hostname",
    ]) {
        (!has(&["id"])).then_some(Kind::Host)
    } else {
        None
    }
}

/// Names that every estate has; they tell nothing, and sentences are full of them.
pub(super) fn is_common(name: &str) -> bool {
    const COMMON: [&str; 60] = [
        "localhost",
        "master",
        "media",
        "server",
        "client",
        "backup",
        "restore",
        "test",
        "full",
        "incremental",
        "incr",
        "differential",
        "default",
        "unknown",
        "none",
        "null",
        "root",
        "admin",
        "administrator",
        "system",
        "user",
        "host",
        "node",
        "policy",
        "schedule",
        "image",
        "copy",
        "error",
        "warning",
        "status",
        "local",
        "local system",
        "local service",
        "network service",
        "nt authority",
        "builtin",
        "n/a",
        "any",
        "all",
        "disk",
        "tape",
        "windows",
        "linux",
        "vmware",
        "netbackup",
        "tsm",
        "snapshot",
        "job",
        "data",
        "file",
        "success",
        "failed",
        "true",
        "false",
        "yes",
        "no",
        "for",
        "the",
        "and",
        "was",
    ];
    // Drive letters, numbers of copies.
    name.chars().filter(|c| c.is_alphanumeric()).count() < 3
        || COMMON.contains(&name)
        || name.bytes().all(|byte| !byte.is_ascii_alphabetic() && byte < 0x80)
}

/// Words of paths that are the same in every estate: products, folders of systems, names of logs.
pub(super) fn is_known_path_word(word: &str) -> bool {
    if word.len() <= 2 || word.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    // Hexadecimal ids of volumes and files tell nothing.
    KNOWN.split_ascii_whitespace().any(|known| known == word.to_ascii_lowercase())
}

const KNOWN: &str = "
    usr openv netbackup volmgr logs log var opt tmp etc bin lib lib64 goodies home root proc dev mnt media data share
    program files x86 programdata veritas symantec vmware ibm tivoli tsm adsm client baclient server tdpexchange tdpsql
    tdpvmware tdp fcm acs tivoli storage manager flashcopy microsoft windows winnt system32 syswow64 inetpub users
    documents and settings all public appdata local roaming temp debug ntds sysvol mssql exchange sql
    bpdm bptm bpbrm bpbkar bpbkar32 bpcd bprd bpdbm bpsched bpjobd bpduplicate bpverify bparchive bpbackup bprestore
    bpcompatd bpfis bpjava bpmedialist bpimport bpexpdate bpvmutil bpvmreq tar tar32 admin user ops nbjm nbpem nbrb nbemm
    nbsl nbstserv nbaudit nbftclnt nbftsrvr nbproxy vnetd pbx ltid tpcommand daemon reqlib spad spoold spaold crcontrol
    mtstrm nbostpxy ostplugin ost-plugins plugins purediskd ctrl nbcs nbdisco nbwebservice nbwmc nbcert vxul
    dsmerror dsmsched dsmwebcl dsminstr dsm opt sys error sched sch console actlog instr cad tdpsql tdpexc events query
    hostd vpxa vpxd vmkernel vmkwarning vmware vmx vmsd vmdk nvram vmss vmsn delta flat ctk vmfs volumes vmimages scratch
    vmguestlib vcguestvm vmvcb vcb vmbackup tools messages syslog support bundle
    job jobs bex beremote sgmon adamm raws backup exec backupexec xml csv txt evt evtx html json gz zip
    application security directory service dns replication system setup powershell catalog db images class class_db
    nbu tir info summary details vmcli out tasks export exportevents vcenter joblogs msdp queue sort storaged processed rdm rdmp
    shadow copy components component distributed replication dfsr dfsrreplicatedfolders dfs volume drive drives sysvol
    store information mailbox music pictures videos desktop downloads favorites home profiles granular my
    version conf config cfg ini exe dll so jar pl sh cmd bat old bak new core lun rdm raw device harddisk disk part
    master primary esx vm case ticket info results try";

/// Sites of vendors: a link to an article is no secret.
pub(super) fn is_vendor(host: &str) -> bool {
    const VENDORS: [&str; 7] = [
        "symantec.com",
        "veritas.com",
        "vmware.com",
        "broadcom.com",
        "ibm.com",
        "microsoft.com",
        "example.com",
    ];
    let host = host.to_ascii_lowercase();
    VENDORS
        .iter()
        .any(|vendor| host == *vendor || host.strip_suffix(vendor).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_by_their_names() {
        let table = [
            ("host", Some(Kind::Host)),
            ("media_server", Some(Kind::Host)),
            ("storage_server", Some(Kind::Host)),
            ("data_mover", Some(Kind::Host)),
            ("vm", Some(Kind::Vm)),
            ("policy", Some(Kind::Policy)),
            ("job", Some(Kind::Policy)),
            ("job_id", None),
            ("user", Some(Kind::User)),
            ("volume", Some(Kind::Store)),
            ("backup_id", None),
            ("client_version", None),
            ("copy", None),
            ("code", None),
        ];
        for (key, kind) in table {
            assert_eq!(kind_of_key(key), kind, "{key}");
        }
    }
}
