"""Pages that are not the shop's, all with status 200."""

import gzip
import os

import pytest

from pricing.extraction import Availability, State, extract

BLOCKED = {
    "captcha": '<html><title>Robot Check</title><form action="/errors/validateCaptcha"><h4>Enter the characters you see below</h4><input></form></html>',
    "cloudflare": '<html lang="en-US"><head><title>Just a moment...</title></head><body><div id="challenge"></div><script src="/cdn-cgi/challenge-platform/h/b"></script></body></html>',
    "cloudflare tr": "<html><title>Bir dakika lütfen...</title><body>İnsan olduğunuz doğrulanıyor. Ray ID: 8a1</body></html>",
    "datadome": '<html><head><title>ornek.com</title></head><body><script>var dd={}</script><script src="https://ct.captcha-delivery.com/c.js"></script></body></html>',
    "perimeterx": '<html><title>Access to this page has been denied</title><div id="px-captcha"></div><p>Press &amp; Hold to confirm you are a human</p></html>',
    "incapsula": '<html><iframe src="/_Incapsula_Resource?SWUDNSAI=9"></iframe>Request unsuccessful. Incapsula incident ID: 12</html>',
    "akamai": "<html><title>Access Denied</title><h1>Access Denied</h1>You don't have permission to access this page. Reference #18.2f3b1202.1</html>",
    "turkish": "<html><title>Güvenlik Doğrulaması</title><p>Devam etmek için robot olmadığınızı doğrulayın.</p></html>",
    "turkish refusal": "<html><title>Erişim Engellendi</title><p>IP adresiniz geçici olarak engellenmiştir.</p></html>",
    "recaptcha": '<html><title>Ornek</title><p>Lütfen doğrulayın</p><div class="g-recaptcha" data-sitekey="x"></div></html>',
    "too many": "<html><title>429 Too Many Requests</title><h1>Too Many Requests</h1></html>",
    "traffic": "<html><p>Our systems have detected unusual traffic from your computer network.</p></html>",
    "consent": "<html><title>Before you continue to Ornek</title><p>We use cookies and data to</p><button>Accept all</button></html>",
    "consent tr": "<html><title>Ornek</title><div>Gizliliğinize önem veriyoruz. Çerezleri kabul ederek devam edin.</div><button>Tümünü kabul et</button></html>",
}


@pytest.mark.parametrize("page", BLOCKED.values(), ids=BLOCKED)
def test_a_blocked_page_is_not_out_of_stock(page: str) -> None:
    found = extract(page.encode(), url="https://www.ornek.com.tr/masa-lambasi")

    assert (found.state, found.availability, found.price) == (State.BLOCKED, Availability.BLOCKED, None)
    assert found.evidence in {"robot check", "refusal", "consent wall"}
    assert not found.confident


def test_a_shops_page_with_such_words_is_the_shops() -> None:
    block = '<script type="application/ld+json">{"@type":"Product","offers":{"price":"9","priceCurrency":"TRY","availability":"InStock"}}</script>'
    words = '<script src="https://www.google.com/recaptcha/api.js"></script><div class="g-recaptcha"></div><p>Çerezleri kabul et</p>'
    seen = f"<html lang=tr><title>Lamba</title><h1>Lamba</h1><p class=price>9 TL</p><p>{'Açıklama. ' * 300}</p>{words}"

    assert extract((block + words).encode()).price == 9
    assert extract(seen.encode()).price == 9


def test_a_shops_page_about_captcha_software_is_the_shops() -> None:
    page = f"<html lang=en><title>CaptchaMaster plugin</title><h1>CaptchaMaster plugin</h1><p class=price>$19</p><p>{'A long description. ' * 300}</p>"

    assert extract(page.encode()).price == 19


@pytest.mark.parametrize(
    ("body", "evidence"),
    [
        (b"", "empty"),
        (b"  \n\n ", "empty"),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(3000), "not a web page"),
        (b"%PDF-1.7\n" + os.urandom(3000), "not a web page"),
        (b"\xff\xd8\xff\xe0" + os.urandom(3000), "not a web page"),
        (gzip.compress(b"<p>x", mtime=0), "not a web page"),
        (b"\x00" * 5000, "not a web page"),
        (b"<html></html>", "no price found"),
        (b'<div id="root"></div><script src="/app.js"></script>', "no price found"),
        (b'{"price": 12}', "no price found"),
    ],
)
def test_what_is_no_product_page_says_so(body: bytes, evidence: str) -> None:
    found = extract(body)

    assert (found.state, found.price, found.availability, found.evidence) == (State.NO_PRICE, None, None, evidence)
