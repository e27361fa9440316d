"""Templates that come with the house, for every company: to begin with, and as examples. A company's own of the same name goes before."""

from typing import Any

SHIPPED: dict[str, dict[str, dict[str, Any]]] = {
    "onay-kodu": {
        "tr": {
            "sms": "{{ kod }} onay kodunuzdur. {{ sure|varsayilan('5') }} dakika geçerlidir, kimseyle paylaşmayın.",
            "telegram": "<b>{{ kod }}</b> onay kodunuzdur. {{ sure|varsayilan('5') }} dakika geçerlidir, kimseyle paylaşmayın.",
        },
        "en": {
            "sms": "{{ kod }} is your code. It is valid for {{ sure|default('5') }} minutes; share it with nobody.",
            "telegram": "<b>{{ kod }}</b> is your code. It is valid for {{ sure|default('5') }} minutes; share it with nobody.",
        },
    },
    "odeme-hatirlatma": {
        "tr": {
            "sms": "Sayın {{ ad|baslik }}, {{ vade|tarih }} vadeli {{ tutar|para }} ödemenizi hatırlatırız. {{ sirket }}",
            "subject": "Ödeme hatırlatması: {{ tutar|para }}",
            "text": "Sayın {{ ad|baslik }},\n\n{{ vade|tarih('uzun') }} vadeli {{ tutar|para }} tutarındaki ödemenizi hatırlatmak isteriz. "
            "Ödemeyi yaptıysanız bu iletiyi dikkate almayın.\n\nSaygılarımızla\n{{ sirket }}\n",
            "html": "<p>Sayın {{ ad|baslik }},</p>\n<p>{{ vade|tarih('uzun') }} vadeli <b>{{ tutar|para }}</b> tutarındaki ödemenizi "
            "hatırlatmak isteriz. Ödemeyi yaptıysanız bu iletiyi dikkate almayın.</p>\n<p>Saygılarımızla<br>{{ sirket }}</p>\n",
        },
        "en": {
            "sms": "Dear {{ ad|title }}, your payment of {{ tutar|money }} is due on {{ vade|date }}. {{ sirket }}",
            "subject": "A reminder: {{ tutar|money }}",
            "text": "Dear {{ ad|title }},\n\nthis is to remind you of your payment of {{ tutar|money }}, due on {{ vade|date('long') }}. "
            "If you have paid already, please disregard this message.\n\nKind regards\n{{ sirket }}\n",
            "html": "<p>Dear {{ ad|title }},</p>\n<p>this is to remind you of your payment of <b>{{ tutar|money }}</b>, due on "
            "{{ vade|date('long') }}. If you have paid already, please disregard this message.</p>\n<p>Kind regards<br>{{ sirket }}</p>\n",
        },
    },
    "siparis-kargoda": {
        "tr": {
            "sms": "Sayın {{ ad|baslik }}, {{ siparis }} nolu siparişiniz kargoya verildi. Takip: {{ takip }}",
            "telegram": "📦 <b>{{ siparis }}</b> nolu siparişiniz kargoya verildi.\nTakip: <code>{{ takip }}</code>",
        },
        "en": {
            "sms": "Dear {{ ad|title }}, your order {{ siparis }} is on its way. Tracking: {{ takip }}",
            "telegram": "📦 Your order <b>{{ siparis }}</b> is on its way.\nTracking: <code>{{ takip }}</code>",
        },
    },
}
