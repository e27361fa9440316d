"""The pages' words for what has a name inside. Pairs are (English, Turkish)."""

Pair = tuple[str, str]

CHANNELS: dict[str, Pair] = {
    "sms": ("SMS", "SMS"),
    "email": ("E-mail", "E-posta"),
    "telegram": ("Telegram", "Telegram"),
    "webhook": ("Webhook", "Webhook"),
}

KINDS: dict[str, Pair] = {
    "otp": ("One-time code", "Tek kullanımlık kod"),
    "informational": ("Informational", "Bilgilendirme"),
    "commercial": ("Commercial", "Ticari"),
}

STATES: dict[str, Pair] = {
    "queued": ("waiting", "bekliyor"),
    "sending": ("being sent", "gönderiliyor"),
    "unknown": ("being looked up", "sorgulanıyor"),
    "accepted": ("taken", "alındı"),
    "sent": ("on its way", "yolda"),
    "delivered": ("delivered", "ulaştı"),
    "undelivered": ("not delivered", "ulaşmadı"),
    "failed": ("failed", "başarısız"),
    "expired": ("expired", "süresi doldu"),
    "refused": ("refused", "reddedildi"),
    "cancelled": ("cancelled", "iptal"),
    "unconfirmed": ("unconfirmed", "doğrulanamadı"),
}

#: Which of the console's colours a state has.
TONES: dict[str, str] = {
    "queued": "waiting", "sending": "running", "unknown": "retrying", "accepted": "succeeded", "sent": "running", "delivered": "succeeded",
    "undelivered": "failed", "failed": "failed", "expired": "cancelled", "refused": "failed", "cancelled": "cancelled", "unconfirmed": "retrying",
}  # fmt: skip

STEPS: dict[str, Pair] = {
    "asked": ("Asked for and checked", "İstendi ve denetlendi"),
    "waits": ("Goes out", "Gönderilecek"),
    "tried": ("Claimed, on its way to", "Üstlenildi, iletiliyor:"),
    "answered": ("Answer of", "Yanıt:"),
    "receipt": ("Receipt of", "Teslim bilgisi:"),
    "ended": ("Ended", "Sonlandı"),
}

PROVIDERS: dict[str, Pair] = {
    "twilio": ("Twilio", "Twilio"),
    "netgsm": ("Netgsm", "Netgsm"),
    "iletimerkezi": ("İleti Merkezi", "İleti Merkezi"),
    "goldsms": ("GoldSMS", "GoldSMS"),
    "telegram": ("Telegram", "Telegram"),
    "webhook": ("Webhooks", "Webhook"),
    "email": ("E-mail (SMTP)", "E-posta (SMTP)"),
}

ENCODINGS: dict[str, Pair] = {
    "gsm7": ("GSM-7", "GSM-7"),
    "tr_single": ("GSM-7 + Turkish", "GSM-7 + Türkçe"),
    "tr_locking": ("Turkish alphabet", "Türkçe alfabe"),
    "tr_both": ("Turkish alphabet +", "Türkçe alfabe +"),
    "ucs2": ("UCS-2", "UCS-2"),
}

#: What a provider was asked for beside the text, by the names they have for it.
ASKED: dict[str, Pair] = {
    "encoding": ("Letters", "Harfler"),
    "validity": ("Worth sending for, s", "Geçerlilik, sn"),
    "iysfilter": ("İYS filter", "İYS filtresi"),
    "parse_mode": ("Markup", "Biçim"),
    "disable_notification": ("Without a sound", "Sessiz"),
}

SCOPES: dict[str, Pair] = {"commercial": ("advertising", "ticari iletiler"), "all": ("everything but codes", "kodlar dışında her şey")}

OPT_OUT_SOURCES: dict[str, Pair] = {
    "link": ("by the link in a message", "mesajdaki bağlantıyla"),
    "console": ("entered here", "buradan girildi"),
    "api": ("by a program", "bir programla"),
    "provider": ("told by the provider", "sağlayıcı bildirdi"),
    "import": ("from a list", "listeden"),
}

CONSENTS: dict[str, Pair] = {"ONAY": ("yes", "onay"), "RET": ("no", "ret")}

RECIPIENT_TYPES: dict[str, Pair] = {"BIREYSEL": ("person", "bireysel"), "TACIR": ("merchant", "tacir")}

CONSENT_SOURCES: dict[str, Pair] = {
    "HS_WEB": ("website", "web sitesi"),
    "HS_MOBIL": ("mobile app", "mobil uygulama"),
    "HS_FIZIKSEL_ORTAM": ("on paper", "fiziksel ortam"),
    "HS_ISLAK_IMZA": ("signature", "ıslak imza"),
    "HS_CAGRI_MERKEZI": ("call centre", "çağrı merkezi"),
    "HS_MESAJ": ("SMS", "kısa mesaj"),
    "HS_EPOSTA": ("e-mail", "e-posta"),
    "HS_SOSYAL_MEDYA": ("social media", "sosyal medya"),
    "HS_ETKINLIK": ("event", "etkinlik"),
    "HS_2015": ("before 2015", "2015 öncesi"),
    "HS_ATM": ("cash machine", "ATM"),
    "HS_EORTAM": ("electronic", "elektronik ortam"),
    "HS_KARAR": ("court decision", "karar"),
}
