"""The headings that columns of balance lists have: what they mean, in the many ways they are spelled."""

from enum import StrEnum

from imece.text import fold


class Field(StrEnum):
    """What a column can hold."""

    TITLE = "title"
    TAX_NUMBER = "tax_number"
    PERSON_NUMBER = "person_number"  #: a column of TCKN beside one of VKN
    TAX_OFFICE = "tax_office"
    EMAIL = "email"
    PHONE = "phone"
    AS_OF = "as_of"
    PERIOD_START = "period_start"
    PERIOD_END = "period_end"
    CURRENCY = "currency"
    DEBIT = "debit"
    CREDIT = "credit"
    BALANCE = "balance"
    DEBIT_BALANCE = "debit_balance"  #: the balance, where it is a debit; blank otherwise
    CREDIT_BALANCE = "credit_balance"
    SIDE = "side"  #: B or A, beside a balance without a sign
    FOREIGN = "foreign"  #: a second amount, in foreign currency, beside the one in lira
    ACCOUNT_CODE = "account_code"
    DEALER_CODE = "dealer_code"
    DEALER_NAME = "dealer_name"
    NOTE = "note"

    @property
    def tr(self) -> str:
        """As it is named in a message in Turkish."""
        return _TURKISH[self]

    @property
    def en(self) -> str:
        """As it is named in a message in English."""
        return _ENGLISH[self]


#: The first spelling of each is the one that messages use.
_SPELLINGS = {
    Field.TITLE: """
        Unvan | Unvanı | Cari Ünvan | Cari Ünvanı | Cari Hesap Ünvanı | Cari Adı | Cari Ad | Cari İsim | Cari Hesap Adı | Cari |
        Firma | Firma Adı | Firma Ünvanı | Firma Ünvan | Müşteri | Müşteri Adı | Müşteri Ünvanı | Tedarikçi | Tedarikçi Adı |
        Tedarikçi Ünvanı | Şirket | Şirket Adı | Şirket Ünvanı | Hesap Adı | Ticari Ünvan | Ticaret Ünvanı | Adı Soyadı Ünvanı |
        Ad Soyad Ünvan | Adı Ünvanı | Ünvan Ad Soyad | Title | Name | Company | Company Name | Customer | Customer Name |
        Supplier | Supplier Name | Account Name | Party | Legal Name | Trade Name
    """,
    Field.TAX_NUMBER: """
        VKN/TCKN | VKN | VKN No | VKN/TC | VKN TC No | VKN/TCKN No | VKN veya TCKN | Vergi No | Vergi Numarası |
        Vergi Kimlik No | Vergi Kimlik Numarası | Vergi/TC Kimlik No | Vergi No/TC Kimlik No | Vergi No/TCKN | Vergi No/TC |
        Vergi No/TC No | V.No | Vergi Hesap No | TCKN/VKN | TC/VKN | TC Kimlik No/Vergi No | Vergi Kimlik No/TC Kimlik No |
        Tax Number | Tax No | Tax ID | Tax ID Number | Tax Identification Number | VAT Number | VAT No | VAT ID | TIN
    """,
    Field.PERSON_NUMBER: "TCKN | TC | TC No | TC Kimlik | TC Kimlik No | TC Kimlik Numarası | T.C. Kimlik No | T.C. No | Kimlik No | National ID",
    Field.TAX_OFFICE: "Vergi Dairesi | Vergi Dairesi Adı | Vergi D. | V.D. | VD | V. Dairesi | Tax Office",
    Field.EMAIL: """
        E-posta | Eposta | E-posta Adresi | Eposta Adresi | E-mail | Email | Mail | Mail Adresi | E-mail Adresi | Email Adresi |
        E-mail Address | Email Address | Elektronik Posta | Mutabakat E-posta | Mutabakat E-posta Adresi | Mutabakat Mail
    """,
    Field.PHONE: """
        Telefon | Telefon No | Telefon Numarası | Telefon 1 | Tel | Tel No | Cep | Cep Tel | Cep Telefonu | Cep No | GSM |
        GSM No | Phone | Phone Number | Telephone | Mobile
    """,
    Field.AS_OF: """
        Tarih | Tarihi | Bakiye Tarihi | Mutabakat Tarihi | Hesap Tarihi | İtibar Tarihi | As of | As-of Date | Date |
        Balance Date | Statement Date
    """,
    Field.PERIOD_START: """
        Dönem Başlangıç | Dönem Başlangıcı | Dönem Başlangıç Tarihi | Başlangıç Tarihi | Dönem Başı | İlk Tarih | Period Start |
        Start Date | Period From
    """,
    Field.PERIOD_END: """
        Dönem Bitiş | Dönem Bitişi | Dönem Bitiş Tarihi | Bitiş Tarihi | Dönem Sonu | Son Tarih | Period End | End Date |
        Period To
    """,
    Field.CURRENCY: """
        Para Birimi | Para Birim | Para Cinsi | Para Kodu | PB | Döviz | Döviz Cinsi | Döviz Kodu | Döviz Türü | Döviz Tipi |
        Döviz Birimi | Currency | Currency Code | Ccy
    """,
    Field.DEBIT: """
        Borç | Borç Tutarı | Borç Tutar | Borç Toplamı | Toplam Borç | Borçlar | Debit | Debit Total | Total Debit |
        Debit Amount | Debits
    """,
    Field.CREDIT: """
        Alacak | Alacak Tutarı | Alacak Tutar | Alacak Toplamı | Toplam Alacak | Alacaklar | Credit | Credit Total |
        Total Credit | Credit Amount | Credits
    """,
    Field.BALANCE: """
        Bakiye | Bakiyesi | Bakiye Tutarı | Bakiye Tutar | Cari Bakiye | Net Bakiye | Güncel Bakiye | Son Bakiye |
        Hesap Bakiyesi | Mutabakat Tutarı | Balance | Closing Balance | Net Balance
    """,
    Field.DEBIT_BALANCE: "Borç Bakiyesi | Borç Bakiye | Borçlu Bakiye | Bakiye Borç | Debit Balance",
    Field.CREDIT_BALANCE: "Alacak Bakiyesi | Alacak Bakiye | Alacaklı Bakiye | Bakiye Alacak | Credit Balance",
    Field.SIDE: """
        B/A | BA | A/B | Borç/Alacak | Bakiye Türü | Bakiye Tipi | Bakiye Yönü | Bakiye B/A | Bakiye BA | Yön | D/C | Dr/Cr |
        Side | Debit/Credit
    """,
    Field.FOREIGN: """
        Döviz Tutarı | Döviz Bakiye | Döviz Bakiyesi | Dövizli Bakiye | Döviz Borç | Döviz Alacak | Dövizli Borç |
        Dövizli Alacak | Dövizli Tutar | Borç Döviz | Alacak Döviz | Bakiye Döviz
    """,
    Field.ACCOUNT_CODE: """
        Cari Kodu | Cari Kod | Cari No | Cari Hesap Kodu | Cari Hesap No | Hesap Kodu | Hesap No | Müşteri Kodu | Müşteri No |
        Müşteri Numarası | Firma Kodu | Tedarikçi Kodu | Kod | Kodu | Account | Account Code | Account No | Account Number |
        Customer Code | Customer No | Code
    """,
    Field.DEALER_CODE: "Bayi Kodu | Bayi No | Bayi Kod | Şube Kodu | Şube No | Dealer Code | Branch Code",
    Field.DEALER_NAME: "Bayi Adı | Bayi | Bayi Ünvanı | Şube | Şube Adı | Dealer | Dealer Name | Branch | Branch Name",
    Field.NOTE: "Açıklama | Açıklamalar | Not | Notlar | Note | Notes | Description | Remarks",
}
_ENGLISH = {field: field.value.replace("_", " ") for field in Field} | {Field.EMAIL: "e-mail", Field.AS_OF: "as-of date"}
_TURKISH = {field: spellings.partition("|")[0].strip() for field, spellings in _SPELLINGS.items()}
_KNOWN = {fold(spelling): field for field, spellings in _SPELLINGS.items() for spelling in spellings.split("|")}


def named(heading: str) -> Field | None:
    """The field that `heading` spells, whatever its case, its Turkish letters and its punctuation."""
    return _KNOWN.get(fold(heading))
