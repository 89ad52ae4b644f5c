//! A message as bytes: MIME, with a text and an HTML part.

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::Letter;

/// The same letter gives the same bytes, so that a folder shows whether it is there already.
pub(super) fn write(letter: &Letter<'_>, from: &str, to: &[String]) -> Result<Vec<u8>, String> {
    let mailbox = |address: &str| {
        address.parse::<Mailbox>().map_err(|error| format!("{address} is no mail address ({error})"))
    };
    let made = std::time::SystemTime::from(letter.made);
    let mut builder = Message::builder()
        .from(mailbox(from)?)
        .subject(letter.subject)
        .date(made)
        .message_id(Some(format!("<{}>", letter.message_id)));
    for recipient in to {
        builder = builder.to(mailbox(recipient)?);
    }
    // Nobody's vacation notice shall answer it.
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    builder = builder.raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
    let message = if letter.html.is_empty() {
        builder.singlepart(SinglePart::plain(letter.text.to_owned()))
    } else {
        let boundary: String =
            letter.message_id.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
        builder.multipart(
            MultiPart::alternative()
                .boundary(format!("={boundary}="))
                .singlepart(SinglePart::plain(letter.text.to_owned()))
                .singlepart(SinglePart::html(letter.html.to_owned())),
        )
    };
    message.map(|message| message.formatted()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_the_same_every_time_and_can_be_read() {
        let letter = Letter {
            message_id: "blogscan.1@nbu1.example.com",
            made: "2009-03-06T04:00:00Z".parse().unwrap(),
            subject: "1 new: Fragment gelöscht",
            text: "one\r\n.\r\ntwo \u{2026}",
            html: "<p>one</p>",
        };
        let bytes =
            write(&letter, "blogscan <blogscan@example.com>", &["ada@example.com".to_owned()]).unwrap();
        assert_eq!(
            bytes,
            write(&letter, "blogscan <blogscan@example.com>", &["ada@example.com".to_owned()]).unwrap()
        );
        let message = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(message.subject(), Some("1 new: Fragment gelöscht"));
        assert_eq!(message.message_id(), Some("blogscan.1@nbu1.example.com"));
        assert_eq!(message.body_text(0).unwrap(), "one\r\n.\r\ntwo \u{2026}");
        assert_eq!(message.body_html(0).unwrap(), "<p>one</p>");
        assert!(write(&letter, "not an address", &[]).is_err());
    }
}
