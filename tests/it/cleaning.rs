//! What cleaning takes and what it leaves, on invented articles: threads of comments, lists and
//! live entries, sentences inside a line.

use serde_json::Value;

use crate::common::fed;

const STORY: &str = "Ferry tower to be taken down
The tower at the ferry landing will be taken down in spring, the harbour board decided on Tuesday.
It has leaned since the flood of 1962, and since last winter a little more each month.
Engineers who measured it for a year said that nothing short of a new foundation would hold it.
The board has put aside four hundred thousand crowns for the work, and as much again for the bell.
";

/// The text as `clean` writes it.
fn cleaned(lang: &str, text: &str) -> String {
    cleaned_by("balanced", lang, text)
}

fn cleaned_by(strictness: &str, lang: &str, text: &str) -> String {
    record_by(strictness, lang, text)["text"].as_str().unwrap().to_owned()
}

fn record_by(strictness: &str, lang: &str, text: &str) -> Value {
    let row =
        serde_json::json!({"id": "one", "outlet": "Landing Post", "lang": lang, "text": text});
    let args = ["clean", "-q", "--strictness", strictness, "-"];
    let out = fed(&args, format!("{row}\n").as_bytes());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn a_thread_of_comments_goes_whatever_it_says() {
    let comments = "3 Comments
Sten Ovary, 3 May 2031, 10:12
My grandfather rang that bell for thirty years and never once complained about the stairs.
Reply
Ida Quill, 3 May 2031, 11:40
The board could have asked us before it measured anything, but it never asks anybody here.
Reply
Sten Ovary, 4 May 2031, 08:03
It did ask, twice, and nobody came to the meeting except the two of us and the caretaker.
Reply
";
    let text = cleaned("en", &format!("{STORY}{comments}"));
    assert_eq!(text.trim(), STORY.trim());
}

#[test]
fn entries_of_a_day_stay_under_their_times() {
    let entries = "9:05 a.m. The first crane is on the landing.
9:40 a.m. Coffee.
10:15 a.m. The bell is off its beam, and somebody has rung it.
11:30 a.m. Lunch is early. So is the tide.
12:10 p.m. Down!
";
    let text = cleaned("en", &format!("{STORY}{entries}"));
    assert_eq!(text.trim(), format!("{STORY}{entries}").trim());
}

#[test]
fn what_a_colon_announces_stays() {
    let list = "The board will sell what it does not need:
40 oak steps
2 ladders, one short
a rope of thirty metres
";
    let text =
        cleaned("en", &format!("{STORY}{list}It will not sell the bell, the chairman said.\n"));
    assert!(text.contains("40 oak steps\n2 ladders, one short\na rope of thirty metres"), "{text}");
}

#[test]
fn a_list_that_ends_the_article_stays_and_what_follows_goes() {
    let names =
        ["Ida Quill", "Sten Ovary", "Pell & Daughters", "RINGERS – second rope", "Tam Oake"];
    let list = format!("And these are the first who may ring the bell:\n{}\n", names.join("\n"));
    let site = "Most read\nMarket hall to get a new roof\nSubscribe to our newsletter\n";
    let text = cleaned("en", &format!("{STORY}{list}{site}"));
    assert_eq!(text.trim(), format!("{STORY}{list}").trim());
}

#[test]
fn a_phrase_of_a_notice_does_not_take_a_paragraph() {
    let forecast = "本港渡輪公司昨日公布去年業績，載客量較前年上升百分之八，董事會解釋主要因為新碼頭在三月啟用，旅客由市中心前往離島的時間縮短了二十分鐘，而票價自兩年前起一直沒有調整，公司亦已預留款項更換四艘舊船，預測數字仅供参考";
    let text = format!("上一篇\n分享\n{forecast}\n船長說他不知道甚麼時候可以再開船。\n相關新聞\n");
    assert!(cleaned("zh", &text).contains(forecast));
}

#[test]
fn the_careful_leave_what_says_something_of_the_article() {
    let told = "Ferry tower to be taken down
By Ida Quill
FENPORT (AP) — The tower at the ferry landing will be taken down in spring.
It has leaned since the flood of 1962, and since last winter a little more each month.
The tower in 1961, a year before the flood that made it lean. Photograph: Ida Quill/Landing Wire
Engineers who measured it for a year said that nothing short of a new foundation would hold it.
";
    let text = format!("{told}All rights reserved.\n");
    let careful = record_by("careful", "en", &text);
    assert_eq!(careful["text"].as_str().unwrap().trim(), told.trim());
    assert_eq!(careful["unchaff"]["byline"], serde_json::json!(["By Ida Quill"]));
    let balanced = cleaned_by("balanced", "en", &text);
    for gone in ["FENPORT", "in 1961", "Ida Quill", "rights"] {
        assert!(!balanced.contains(gone), "{balanced}");
    }
}

#[test]
fn sentences_of_a_site_go_out_of_a_line_and_words_stay_whole() {
    for (lang, line, want) in [
        ("en", "The tower leans. Sign up for our weekly briefing here.", "The tower leans."),
        ("en", "The tower leans.Advertisement", "The tower leans."),
        ("en", "The tower (opens in new tab) leans.", "The tower leans."),
        ("en", "Ida QuillIda Quill rang the bell.", "Ida Quill rang the bell."),
        (
            "de",
            "Der Turm steht schief. Lesen Sie auch: Was die Glocke kostet",
            "Der Turm steht schief.",
        ),
        ("fr", "La tour penche. (Lire aussi : La cloche sera vendue)", "La tour penche."),
        ("es", "La torre se inclina. Lea también: El precio de la campana", "La torre se inclina."),
        ("ru", "Башня накренилась. Читайте также: Сколько стоит колокол", "Башня накренилась."),
    ] {
        assert_eq!(cleaned(lang, line), want, "{line}");
    }
}

#[test]
fn what_people_say_stays_in_its_line() {
    for (lang, line) in [
        ("en", "“Sign up for the briefing,” the chairman said, and nobody did."),
        ("en", "He asked them to share, print and mail the map."),
        ("de", "Er erstattete Anzeige und zog sie am Abend zurück."),
        ("fr", "« Abonnez-vous », dit-elle en riant, puis elle ferma la porte."),
        ("ru", "— Подпишитесь сами, — сказала она и ушла."),
    ] {
        assert_eq!(cleaned(lang, line), line);
    }
}
