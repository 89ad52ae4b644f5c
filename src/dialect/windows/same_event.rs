//! One and the same event, written in every form there is, gives the same record.

use super::samples::{Collector, read};
use crate::base::{Record, Severity};
use crate::dialect::identify::recognise;
use crate::dialect::reader;

/// What a form of an event still carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    /// Everything but what the form has no place for.
    Host,
    /// Host, and the insertion strings one by one.
    HostAndStrings,
    /// The strings, but no computer.
    Strings,
    /// Neither.
    Text,
}

struct Expected {
    source: &'static str,
    code: &'static str,
    host: &'static str,
    severity: Severity,
    strings: &'static [(&'static str, &'static str)],
    fields: &'static [(&'static str, &'static str)],
}

fn only_event(text: &str) -> Record<'static> {
    let recognised = recognise(text);
    let found: Collector =
        read(reader(recognised.dialect).unwrap_or_else(|| panic!("{recognised:?}: {text}")), text);
    let events = found.events();
    assert_eq!(events.len(), 1, "{recognised:?}: {text}");
    events[0].clone()
}

fn check(expected: &Expected, forms: &[(Carries, &str)]) {
    for (carries, text) in forms {
        let event = only_event(text);
        assert_eq!(event.field("source"), Some(expected.source), "{text}");
        assert_eq!(event.code.as_deref(), Some(expected.code), "{text}");
        assert_eq!(event.severity, expected.severity, "{text}");
        if matches!(carries, Carries::Host | Carries::HostAndStrings) {
            assert_eq!(event.host.as_deref(), Some(expected.host), "{text}");
        } else {
            assert_eq!(event.host, None, "{text}");
        }
        if matches!(carries, Carries::Strings | Carries::HostAndStrings) {
            for (name, value) in expected.strings {
                assert_eq!(event.field(name), Some(*value), "{text}");
            }
        }
        for (name, value) in expected.fields {
            assert_eq!(event.field(name), Some(*value), "{text}");
        }
    }
}

#[test]
fn lgto_sync() {
    let expected = Expected {
        source: "lgto_sync",
        code: "1",
        host: "XP-HALDEN",
        severity: Severity::Info,
        strings: &[("s1", ""), ("s2", "The Driver was loaded successfully ")],
        fields: &[],
    };
    let sentence = "The description for Event ID ( 1 ) in Source ( LGTO_Sync ) cannot be found. The local computer may not have \
        the necessary registry information or message DLL files to display messages from a remote computer. The following \
        information is part of the event: , The Driver was loaded successfully .";
    let vista = "The description for Event ID 1 from source LGTO_Sync cannot be found. Either the component that raises this \
        event is not installed on your local computer or the installation is corrupted.\n\nThe following information was \
        included with the event: \n\n\nThe Driver was loaded successfully \n";
    let forms = [
        (
            Carries::HostAndStrings,
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='LGTO_Sync'/>\
            <EventID Qualifiers='16388'>1</EventID><Level>4</Level><Computer>XP-HALDEN</Computer></System><EventData><Data>\
            </Data><Data>The Driver was loaded successfully </Data></EventData></Event>"
                .to_owned(),
        ),
        (
            Carries::Strings,
            format!("Level,Date and Time,Source,Event ID,Task Category\nInformation,6/2/2011 9:00:11 AM,LGTO_Sync,1,None,\"{vista}\"\n"),
        ),
        (
            Carries::HostAndStrings,
            format!("02.06.2011,09:00:11,LGTO_Sync,Informationen,Keine,1,Nicht zutreffend,XP-HALDEN,\"{sentence}\"\r\n"),
        ),
        (
            Carries::HostAndStrings,
            format!(
                "Event[0]:\n  Log Name: System\n  Source: LGTO_Sync\n  Date: 2011-06-02T09:00:11.000\n  Event ID: 1\n  Level: \
                Information\n  Computer: XP-HALDEN\n  Description:\n{vista}\n"
            ),
        ),
        (
            Carries::HostAndStrings,
            format!(
                "Event Type:\tInformation\nEvent Source:\tLGTO_Sync\nEvent Category:\tNone\nEvent ID:\t1\nDate:\t\t6/2/2011\nTime:\t\t\
                9:00:11 AM\nUser:\t\tN/A\nComputer:\tXP-HALDEN\nDescription:\n{sentence}\n"
            ),
        ),
        (
            Carries::HostAndStrings,
            format!(
                "Protokollname: System\nQuelle:        LGTO_Sync\nDatum:         02.06.2011 09:00:11\nEreignis-ID:   1\n\
                Aufgabenkategorie:Keine\nEbene:         Informationen\nComputer:      XP-HALDEN\nBeschreibung:\n{vista}\n"
            ),
        ),
        (
            Carries::HostAndStrings,
            "{\"Id\": 1, \"Level\": 4, \"ProviderName\": \"LGTO_Sync\", \"LogName\": \"System\", \"MachineName\": \"XP-HALDEN\", \
            \"ReplacementStrings\": [\"\", \"The Driver was loaded successfully \"]}\n"
                .to_owned(),
        ),
        (
            Carries::HostAndStrings,
            "EntryType          : Information\nInstanceId         : 1074003969\nReplacementStrings : {, The Driver was loaded \
            successfully }\nSource             : LGTO_Sync\nMachineName        : XP-HALDEN\n"
                .to_owned(),
        ),
        (
            Carries::Text,
            "   31568 Sep 05 12:18  Information LGTO_Sync              1074003969 The description for...\n".to_owned(),
        ),
        (
            Carries::Host,
            "System log on \\\\XP-HALDEN:\n[7412] LGTO_Sync\n   Type:     INFORMATION \n   Computer: XP-HALDEN\n   Time:     \
            6/2/2011 9:00:11 AM   ID:       1 \nMessage text not available.  Insertion strings:\n\t The Driver was loaded \
            successfully  \n"
                .to_owned(),
        ),
        (
            Carries::HostAndStrings,
            "6/2/2011\t9:00:11 AM\t4\t0\t1\tN/A\tLGTO_Sync\tXP-HALDEN\t\tThe Driver was loaded successfully \n".to_owned(),
        ),
    ];
    let forms: Vec<(Carries, &str)> = forms.iter().map(|(carries, text)| (*carries, text.as_str())).collect();
    check(&expected, &forms);
    for (carries, text) in &forms {
        if *carries != Carries::Text {
            assert_eq!(only_event(text).body.trim_end(), "The Driver was loaded successfully", "{text}");
        }
    }
}

#[test]
fn ntds_isam_508() {
    let expected = Expected {
        source: "ntds isam",
        code: "508",
        host: "DC01",
        severity: Severity::Warning,
        strings: &[("s4", "D:\\NTDS\\ntds.dit"), ("s7", "37")],
        fields: &[("seconds", "37"), ("file", "D:\\NTDS\\ntds.dit")],
    };
    let text = "NTDS (564) NTDSA: A request to write to the file \"D:\\NTDS\\ntds.dit\" at offset 13631488 (0x0000000000d00000) for \
        8192 (0x00002000) bytes succeeded, but took an abnormally long time (37 seconds) to be serviced by the OS.";
    let quoted = text.replace('"', "\"\"");
    let json = text.replace('\\', "\\\\").replace('"', "\\\"");
    let forms = [
        (
            Carries::HostAndStrings,
            "<Events><Event><System><Provider Name='NTDS ISAM'/><EventID Qualifiers='0'>508</EventID><Level>3</Level><Computer>DC01\
            </Computer></System><EventData><Data>NTDS</Data><Data>564</Data><Data>NTDSA: </Data><Data>D:\\NTDS\\ntds.dit</Data>\
            <Data>13631488</Data><Data>8192</Data><Data>37</Data></EventData></Event></Events>"
                .to_owned(),
        ),
        (
            Carries::Text,
            format!("Ebene;Datum und Uhrzeit;Quelle;Ereignis-ID;Aufgabenkategorie\nWarnung;02.06.2011 09:00:11;NTDS ISAM;508;General;\"{quoted}\"\n"),
        ),
        (Carries::Host, format!("2/6/2011,09:00:11,NTDS ISAM,Warning,General,508,N/A,DC01,\"{quoted}\"\r\n")),
        (
            Carries::Host,
            format!(
                "Event[0]\n  Log Name: Directory Service\n  Source: NTDS ISAM\n  Event ID: 508\n  Level: Warning\n  Computer: DC01\n  \
                Description: \n{text}\n"
            ),
        ),
        (
            Carries::Host,
            format!(
                "> Log Name: Directory Service\n> Source: NTDS ISAM\n> Event ID: 508\n> Level: Warning\n> Computer: DC01\n> \
                Description:\n> {text}\n"
            ),
        ),
        (Carries::Text, format!("Event ID 508 NTDS ISAM Warning\n{text}\n")),
        (
            Carries::Host,
            format!("\"Message\",\"Id\",\"LevelDisplayName\",\"ProviderName\",\"MachineName\"\r\n\"{quoted}\",\"508\",\"Warning\",\"NTDS ISAM\",\"DC01\"\r\n"),
        ),
        (
            Carries::Host,
            format!("[{{\"Id\": 508, \"Level\": 3, \"ProviderName\": \"NTDS ISAM\", \"MachineName\": \"DC01\", \"Message\": \"{json}\"}}]"),
        ),
        (
            Carries::Host,
            format!("[999] NTDS ISAM\r\n   Type:     WARNING \r\n   Computer: DC01\r\n   Time:     6/2/2011 9:00:11 AM   ID:       508 \r\n{text}\r\n"),
        ),
    ];
    let forms: Vec<(Carries, &str)> = forms.iter().map(|(carries, text)| (*carries, text.as_str())).collect();
    check(&expected, &forms);
}

#[test]
fn dns_4015() {
    let expected = Expected {
        source: "dns",
        code: "4015",
        host: "DC01",
        severity: Severity::Error,
        strings: &[],
        fields: &[("data", "0b000000")],
    };
    check(
        &expected,
        &[
            (
                Carries::Host,
                "<Event><System><Provider Name='Microsoft-Windows-DNS-Server-Service' EventSourceName='DNS'/><EventID>4015</EventID>\
                <Level>2</Level><Computer>DC01</Computer></System><EventData><Data></Data><Binary>0B000000</Binary></EventData></Event>",
            ),
            (
                Carries::Host,
                "Event Type: Error\nEvent Source: DNS\nEvent ID: 4015\nComputer: DC01\nDescription: The DNS server has encountered a \
                critical error.\nData: 0000: 0b 00 00 00 ....\n",
            ),
            (
                Carries::Host,
                "Ereignistyp:\tFehler\nEreignisquelle:\tDNS\nEreigniskategorie:\tKeine\nEreigniskennung:\t4015\nComputer:\tDC01\n\
                Beschreibung:\nDer DNS-Server hat einen kritischen Fehler festgestellt.\nDaten:\n0000: 0000000b\n",
            ),
            (
                Carries::Host,
                "EventID            : 4015\nMachineName        : DC01\nData               : {11, 0, 0, 0}\nEntryType          : Error\n\
                Source             : DNS\n",
            ),
            (
                Carries::Host,
                "[{\"EventID\": 4015, \"InstanceId\": 3221229487, \"EntryType\": \"Error\", \"Source\": \"DNS\", \"MachineName\": \"DC01\", \
                \"Data\": [11, 0, 0, 0]}]",
            ),
        ],
    );
}

#[test]
fn vss_8229() {
    let expected = Expected {
        source: "vss",
        code: "8229",
        host: "DC01",
        severity: Severity::Warning,
        strings: &[],
        fields: &[],
    };
    let forms = [
        (
            Carries::Host,
            "<Event><System><Provider Name='VSS'/><EventID Qualifiers='0'>8229</EventID><Level>3</Level><Computer>DC01</Computer></System></Event>",
        ),
        (
            Carries::Text,
            "Warning\t6/2/2011 9:00:11 AM\tVSS\t8229\tNone\tA VSS writer has rejected an event with error 0x800423f4.\n",
        ),
        (
            Carries::Host,
            "6/2/2011\t09:00:11\tVSS\tWarning\tNone\t8229\tN/A\tDC01\tA VSS writer has rejected an event.\n",
        ),
        (Carries::Text, "Warning 6/2/2011 9:00:11 AM VSS 8229 None A VSS writer has rejected an event.\n"),
        (
            Carries::Host,
            "DC01\t8229\tWarning\tVSS\tApplication\t2023-04-09 04:37:44 PM\nA VSS writer has rejected an event.\n",
        ),
        (
            Carries::Host,
            "  > ログの名前: Application\n  > ソース: VSS\n  > イベント ID: 8229\n  > レベル: 警告\n  > コンピューター: DC01\n  > 説明: x\n",
        ),
        (
            Carries::Text,
            "   ProviderName: VSS\n\nTimeCreated                     Id LevelDisplayName Message\n12/21/2020 4:23:47 AM         8229 Warning          A VSS...\n",
        ),
        (Carries::Host, "727,Application,VSS,WARNING,DC01,4/30/2021 9:58:25 AM,8229,,A VSS writer\n"),
        (Carries::Host, "4/30/2009\t4:58:39 AM\t2\t0\t8229\tN/A\tVSS\tDC01\t0x800423f4\n"),
    ];
    check(&expected, &forms);
}
