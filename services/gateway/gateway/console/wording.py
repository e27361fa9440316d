"""The console's words for what has a name inside: kinds, states, fields. Pairs are (English, Turkish)."""

Pair = tuple[str, str]

STATES: dict[str, Pair] = {
    "scheduled": ("Scheduled", "Zamanlandı"),
    "queued": ("Queued", "Sırada"),
    "running": ("Running", "Çalışıyor"),
    "retrying": ("Will be tried again", "Yeniden denenecek"),
    "waiting": ("Its parts are running", "Alt işleri sürüyor"),
    "succeeded": ("Done", "Tamamlandı"),
    "failed": ("Failed", "Başarısız"),
    "cancelled": ("Cancelled", "İptal edildi"),
}

KINDS: dict[str, Pair] = {
    "documents.prepare_letters": ("Reconciliation letters", "Mutabakat mektupları"),
    "documents.render_letters": ("Letters to PDF", "Mektupların basımı"),
    "documents.prune": ("Tidy up documents", "Belge temizliği"),
    "notify.send_email": ("E-mail", "E-posta"),
    "notify.prune": ("Tidy up messages", "İleti temizliği"),
    "pricing.import_products": ("Products from a list", "Listeden ürün alma"),
    "pricing.fetch_products": ("Products from stores' feeds", "Mağaza listelerinden ürün alma"),
    "pricing.check_products": ("Prices checked on request", "İstek üzerine fiyat kontrolü"),
    "pricing.claim_batches": ("Due prices put into batches", "Sırası gelen fiyatların partilenmesi"),
    "pricing.check_high": ("Prices checked, urgent", "Fiyat kontrolü, acil"),
    "pricing.check_medium": ("Prices checked", "Fiyat kontrolü"),
    "pricing.check_low": ("Prices checked, unhurried", "Fiyat kontrolü, acelesiz"),
    "pricing.score": ("Priorities computed", "Önceliklerin hesaplanması"),
    "pricing.send_digests": ("Price digests", "Fiyat özetleri"),
    "pricing.prune": ("Tidy up prices", "Fiyat temizliği"),
    "transcription.prune": ("Tidy up recordings", "Kayıt temizliği"),
}

#: What the pages of a service are called in the navigation.
SERVICES: dict[str, Pair] = {
    "documents": ("Documents", "Belgeler"),
    "notify": ("Messages", "İletiler"),
    "pricing": ("Prices", "Fiyatlar"),
    "transcription": ("Recordings", "Kayıtlar"),
}

OUTCOMES: dict[str, Pair] = {
    "succeeded": ("succeeded", "başarılı"),
    "failed": ("failed", "başarısız"),
    "cancelled": ("cancelled", "iptal edildi"),
    "waiting": ("handed on to its parts", "alt işlere devretti"),
    "snoozed": ("put off", "ertelendi"),
    "given back": ("given back at a stop", "durdurulurken geri verildi"),
    "interrupted": ("interrupted by a server fault", "sunucu arızasıyla kesildi"),
    "timed out": ("took too long", "süresi doldu"),
    "worker died": ("its worker died", "işleyici çöktü"),
}

WORKERS: dict[str, Pair] = {
    "alive": ("alive", "çalışıyor"),
    "stopping": ("stopping", "duruyor"),
    "stopped": ("stopped", "durdu"),
    "lost": ("no heartbeat", "haber alınamıyor"),
}

FIELDS: dict[str, Pair] = {
    "workbook": ("Workbook", "Çalışma kitabı"),
    "as_of": ("As of", "Bakiye tarihi"),
    "currency": ("Currency", "Para birimi"),
    "decimal_mark": ("Decimal mark", "Ondalık ayracı"),
    "send": ("Send by e-mail", "E-postayla gönder"),
    "notify_email": ("Who is told", "Haber verilecek adres"),
    "locale": ("Language", "Dil"),
    "rows": ("Rows", "Satır"),
    "refused": ("Refused rows", "Reddedilen satır"),
    "letters": ("Letters", "Mektup"),
    "letters_failed": ("Letters that failed", "Başarısız mektup"),
    "mails": ("E-mails", "E-posta"),
    "mails_failed": ("E-mails that failed", "Başarısız e-posta"),
    "no_address": ("Letters without an address", "Adresi olmayan mektup"),
    "archive": ("All letters (ZIP)", "Bütün mektuplar (ZIP)"),
    "faults": ("Refused rows and why", "Reddedilen satırlar ve nedenleri"),
    "key": ("File", "Dosya"),
    "sha256": ("SHA-256", "SHA-256"),
    "letter_ids": ("Letters", "Mektuplar"),
    "rendered": ("Rendered", "Hazırlanan"),
    "to": ("To", "Alıcı"),
    "to_name": ("Recipient's name", "Alıcının adı"),
    "subject": ("Subject", "Konu"),
    "text": ("Text", "Metin"),
    "html": ("HTML", "HTML"),
    "attachments": ("Attachments", "Ekler"),
    "reply_to": ("Answers to", "Yanıt adresi"),
    "category": ("Category", "Kategori"),
    "added": ("New", "Yeni"),
    "known": ("Known already", "Zaten bilinen"),
    "faults_key": ("Refused rows and why", "Reddedilen satırlar ve nedenleri"),
    "size": ("Products", "Ürün"),
    "chosen": ("Chosen", "Seçilen"),
    "busy": ("Busy or not watched", "Meşgul ya da takip dışı"),
    "checked": ("Checked", "Kontrol edilen"),
    "changed": ("Changed", "Değişen"),
    "failed": ("Failed", "Başarısız"),
    "deals": ("Deals begun", "Başlayan fırsat"),
    "left": ("Given back for later", "Sonraya bırakılan"),
    "outcomes": ("How the looks ended", "Sonuçlar"),
    "batches": ("Batches", "Parti"),
    "products": ("Products", "Ürün"),
    "tier": ("Tier", "Kademe"),
    "product_ids": ("Products", "Ürünler"),
    "category_id": ("Category", "Kategori"),
    "store_id": ("Store", "Mağaza"),
    "state": ("Last result", "Son sonuç"),
    "has_deal": ("With a deal", "Fırsatı olan"),
    "min_price": ("Price from", "En az fiyat"),
    "max_price": ("Price to", "En çok fiyat"),
    "stores": ("Stores", "Mağaza"),
    "stores_failed": ("Stores that failed", "Başarısız mağaza"),
    "offers": ("Offers", "Teklif"),
    "priced": ("With a price already", "Fiyatı da alınan"),
    "jobs": ("Jobs", "İş"),
    "left_out": ("Left out", "Dışarıda bırakılan"),
    "variations": ("Variations measured", "Ölçülen oynaklık"),
    "priorities": ("Priorities written", "Yazılan öncelik"),
    "digests": ("Digests", "Özet"),
    "lines": ("Things told", "Haber"),
    "message_id": ("Message-ID", "Message-ID"),
    "answer": ("The server's answer", "Sunucunun yanıtı"),
}


#: Fields that mean something inside only.
INSIDE = frozenset({"batch_id"})
