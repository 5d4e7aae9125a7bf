package protocol

import "strconv"

// ContentFormat identifies a representation format: a media type with its parameters and content coding
// (RFC 7252 §12.3).
type ContentFormat uint16

// Content formats that the program itself speaks of; [ContentFormats] has all.
const (
	TextPlain             ContentFormat = 0
	LinkFormat            ContentFormat = 40
	XML                   ContentFormat = 41
	OctetStream           ContentFormat = 42
	JSON                  ContentFormat = 50
	CBOR                  ContentFormat = 60
	MultipartCore         ContentFormat = 62
	CBORSequence          ContentFormat = 63
	SenMLJSON             ContentFormat = 110
	SenMLCBOR             ContentFormat = 112
	ConciseProblemDetails ContentFormat = 257
	MissingBlocks         ContentFormat = 272
)

// ContentFormatInfo is a row of the content-format registry.
type ContentFormatInfo struct {
	Number    ContentFormat
	MediaType string // with parameters
	Coding    string // content coding, such as "deflate"; empty for none
	Reference string
}

var contentFormatTable = [...]ContentFormatInfo{
	{0, "text/plain; charset=utf-8", "", "RFC 2046 RFC 3676 RFC 5147"},
	{16, `application/cose; cose-type="cose-encrypt0"`, "", "RFC 9052"},
	{17, `application/cose; cose-type="cose-mac0"`, "", "RFC 9052"},
	{18, `application/cose; cose-type="cose-sign1"`, "", "RFC 9052"},
	{19, "application/ace+cbor", "", "RFC 9200"},
	{21, "image/gif", "", "https://www.w3.org/Graphics/GIF/spec-gif89a.txt"},
	{22, "image/jpeg", "", "ISO/IEC 10918-5"},
	{23, "image/png", "", "RFC 2083"},
	{40, "application/link-format", "", "RFC 6690"},
	{41, "application/xml", "", "RFC 3023"},
	{42, "application/octet-stream", "", "RFC 2045 RFC 2046"},
	{47, "application/exi", "", "Efficient XML Interchange (EXI) Format 1.0 (Second Edition), February 2014"},
	{50, "application/json", "", "RFC 8259"},
	{51, "application/json-patch+json", "", "RFC 6902"},
	{52, "application/merge-patch+json", "", "RFC 7396"},
	{60, "application/cbor", "", "RFC 8949"},
	{61, "application/cwt", "", "RFC 8392"},
	{62, "application/multipart-core", "", "RFC 8710"},
	{63, "application/cbor-seq", "", "RFC 8742"},
	{64, "application/edhoc+cbor-seq", "", "RFC 9528"},
	{65, "application/cid-edhoc+cbor-seq", "", "RFC 9528"},
	{96, `application/cose; cose-type="cose-encrypt"`, "", "RFC 9052"},
	{97, `application/cose; cose-type="cose-mac"`, "", "RFC 9052"},
	{98, `application/cose; cose-type="cose-sign"`, "", "RFC 9052"},
	{101, "application/cose-key", "", "RFC 9052"},
	{102, "application/cose-key-set", "", "RFC 9052"},
	{110, "application/senml+json", "", "RFC 8428"},
	{111, "application/sensml+json", "", "RFC 8428"},
	{112, "application/senml+cbor", "", "RFC 8428"},
	{113, "application/sensml+cbor", "", "RFC 8428"},
	{114, "application/senml-exi", "", "RFC 8428"},
	{115, "application/sensml-exi", "", "RFC 8428"},
	{140, "application/yang-data+cbor; id=sid", "", "RFC 9254"},
	{256, "application/coap-group+json", "", "RFC 7390"},
	{257, "application/concise-problem-details+cbor", "", "RFC 9290"},
	{258, "application/swid+cbor", "", "RFC 9393"},
	{271, "application/dots+cbor", "", "RFC 9132"},
	{272, "application/missing-blocks+cbor-seq", "", "RFC 9177"},
	{280, "application/pkcs7-mime; smime-type=server-generated-key", "", "RFC 7030 RFC 8551 RFC 9148"},
	{281, "application/pkcs7-mime; smime-type=certs-only", "", "RFC 8551 RFC 9148"},
	{284, "application/pkcs8", "", "RFC 5958 RFC 8551 RFC 9148"},
	{285, "application/csrattrs", "", "RFC 7030 RFC 9148"},
	{286, "application/pkcs10", "", "RFC 5967 RFC 8551 RFC 9148"},
	{287, "application/pkix-cert", "", "RFC 2585 RFC 9148"},
	{290, "application/aif+cbor", "", "RFC 9237"},
	{291, "application/aif+json", "", "RFC 9237"},
	{310, "application/senml+xml", "", "RFC 8428"},
	{311, "application/sensml+xml", "", "RFC 8428"},
	{320, "application/senml-etch+json", "", "RFC 8790"},
	{322, "application/senml-etch+cbor", "", "RFC 8790"},
	{340, "application/yang-data+cbor", "", "RFC 9254"},
	{341, "application/yang-data+cbor; id=name", "", "RFC 9254"},
	{432, "application/td+json", "", "Web of Things (WoT) Thing Description, May 2019"},
	{10000, "application/vnd.ocf+cbor", "", "Michael_Koster"},
	{10001, "application/oscore", "", "RFC 8613"},
	{10002, "application/javascript", "", "RFC 4329"},
	{11050, "application/json", "deflate", "RFC 8259"},
	{11060, "application/cbor", "deflate", "RFC 8949"},
	{11542, "application/vnd.oma.lwm2m+tlv", "", "OMA-TS-LightweightM2M-V1_0"},
	{11543, "application/vnd.oma.lwm2m+json", "", "OMA-TS-LightweightM2M-V1_0"},
	{11544, "application/vnd.oma.lwm2m+cbor", "", "OMA-TS-LightweightM2M-V1_2"},
	{20000, "text/css", "", "RFC 2318"},
	{30000, "image/svg+xml", "", "https://www.w3.org/TR/SVG/mimereg.html"},
}

// ContentFormats gives the whole registry in order of number.
func ContentFormats() []ContentFormatInfo { return contentFormatTable[:] }

var contentFormatRows = func() map[ContentFormat]*ContentFormatInfo {
	m := make(map[ContentFormat]*ContentFormatInfo, len(contentFormatTable))
	for i := range contentFormatTable {
		m[contentFormatTable[i].Number] = &contentFormatTable[i]
	}
	return m
}()

// Info gives the registry row, or false for a number that is not registered.
func (f ContentFormat) Info() (ContentFormatInfo, bool) {
	if row := contentFormatRows[f]; row != nil {
		return *row, true
	}
	return ContentFormatInfo{Number: f}, false
}

// String gives the media type with its coding, "application/json (deflate)", or the number where
// it is not registered.
func (f ContentFormat) String() string {
	if row := contentFormatRows[f]; row != nil {
		return row.String()
	}
	return strconv.Itoa(int(f))
}

// String gives the media type with its coding, "application/json (deflate)".
func (i *ContentFormatInfo) String() string {
	if i.Coding != "" {
		return i.MediaType + " (" + i.Coding + ")"
	}
	return i.MediaType
}
