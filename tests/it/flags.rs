//! What a document says of itself: cut off, made or translated by a machine, published before.

use serde_json::Value;

use crate::common::fed;

/// Language, two sentences of an article, and the notice under them that makes the flag.
const NOTICES: &[(&str, &str, &str, &str)] = &[
    ("en", EN, "Already a subscriber? Log in to keep reading.", "truncated"),
    ("de", DE, "Jetzt weiterlesen mit einem Abonnement", "truncated"),
    ("fr", FR, "Il vous reste 64 % de cet article à lire.", "truncated"),
    ("es", ES, "Contenido exclusivo para suscriptores", "truncated"),
    ("ja", JA, "この記事は有料会員限定です。残り900文字", "truncated"),
    ("en", EN, "This text was translated by machine.", "machine_translated"),
    ("de", DE, "Dieser Text wurde automatisch übersetzt.", "machine_translated"),
    ("es", ES, "Este texto ha sido traducido automáticamente.", "machine_translated"),
    ("ja", JA, "この記事は機械翻訳されたものです。", "machine_translated"),
    ("en", EN, "This article was written with the help of AI.", "machine_generated"),
    ("fr", FR, "Ce contenu a été généré par une intelligence artificielle.", "machine_generated"),
    ("en", EN, "This article was originally published by the Reed Courier.", "syndicated"),
    ("de", DE, "Dieser Artikel erschien zuerst im Schilfboten.", "syndicated"),
    ("fr", FR, "Cet article est paru initialement dans Le Roseau.", "syndicated"),
];

const EN: &str = "The lock keeper found the gate open at dawn, and eleven swans were already through.\n\
    He shut it again, counted them twice and wrote the number into the book his mother began.";
const DE: &str = "Der Wärter fand das Tor am Morgen offen, und elf Schwäne waren schon hindurch.\n\
    Er schloss es wieder, zählte zweimal und schrieb die Zahl in das Buch seiner Mutter.";
const FR: &str = "L’éclusier trouva la porte ouverte à l’aube, et onze cygnes étaient déjà passés.\n\
    Il la referma, compta deux fois et nota le nombre dans le cahier de sa mère.";
const ES: &str = "El guarda halló la puerta abierta al alba, y once cisnes ya habían pasado.\n\
    La cerró, contó dos veces y apuntó el número en el cuaderno de su madre.";
const JA: &str = "夜明けに水門の番人は扉が開いているのを見つけ、白鳥が十一羽すでに通り抜けていた。\n\
    彼は扉を閉め、二度数え、母が始めた帳面にその数を書き込んだ。";

/// The flags that `clean` writes for each text.
fn flags(texts: &[(&str, String)]) -> Vec<Vec<String>> {
    let rows = texts.iter().enumerate().map(|(i, (lang, text))| {
        let row =
            serde_json::json!({"id": i, "outlet": format!("o{i}"), "lang": lang, "text": text});
        format!("{row}\n")
    });
    let out = fed(&["clean", "-q", "-"], rows.collect::<String>().as_bytes());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let told = |row: Value| {
        let flags = row["unchaff"]["flags"].as_array().cloned().unwrap_or_default();
        flags.iter().map(|flag| flag.as_str().unwrap().to_owned()).collect()
    };
    let rows = out.stdout.split(|&b| b == b'\n').filter(|row| !row.is_empty());
    rows.map(|row| told(serde_json::from_slice(row).unwrap())).collect()
}

#[test]
fn notices_flag_their_documents_in_several_languages() {
    let texts: Vec<_> = NOTICES
        .iter()
        .map(|(lang, article, notice, _)| (*lang, format!("{article}\n{notice}")))
        .collect();
    for ((lang, _, notice, flag), told) in NOTICES.iter().zip(flags(&texts)) {
        assert_eq!(told, [*flag], "{lang}: {notice}");
    }
}

#[test]
fn articles_about_such_things_are_not_flagged() {
    let texts = [
        ("en", format!("{EN}\n“Log in to keep reading,” the screen said, and he laughed.")),
        ("de", format!("{DE}\nDas Lied wurde 1911 zuerst in einem Kalender gedruckt.")),
        ("fr", format!("{FR}\nLe poème, dit-il, est paru dans un almanach en 1911.")),
    ];
    for ((lang, text), told) in texts.iter().zip(flags(&texts)) {
        assert!(told.is_empty(), "{lang}: {told:?} in {text}");
    }
}
