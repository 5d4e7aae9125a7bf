package draft

import (
	"bytes"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/payload"
)

// Form is how the user writes a payload.
type Form uint8

const (
	Text       Form = iota // UTF-8, as it stands
	JSON                   // sent as it stands, once it is right (RFC 8259)
	Diagnostic             // CBOR in diagnostic notation (RFC 8949 §8)
	SenML                  // records in JSON, sent as that or as CBOR by the Content-Format (RFC 8428)
	Hex
	Base64
	File // the name of a file

	formCount
)

// Forms are all of them, in the order in which they are offered.
func Forms() []Form { return []Form{Text, JSON, Diagnostic, SenML, Hex, Base64, File} }

var formNames = [formCount]string{"Text", "JSON", "CBOR", "SenML", "Hex", "Base64", "File"}

// String gives the form's name.
func (f Form) String() string { return formNames[min(f, formCount-1)] }

// ParseForm reads the name of a form, whatever the case of its letters.
func ParseForm(name string) (Form, bool) {
	for _, f := range Forms() {
		if strings.EqualFold(f.String(), name) {
			return f, true
		}
	}
	return 0, false
}

// Format gives the Content-Format of what is written in this form: of a file by its name. False where it says nothing.
func (f Form) Format(text string) (protocol.ContentFormat, bool) {
	switch f {
	case Text:
		return protocol.TextPlain, true
	case JSON:
		return protocol.JSON, true
	case Diagnostic:
		return protocol.CBOR, true
	case SenML:
		return protocol.SenMLJSON, true
	case File:
		format, ok := fileFormats[strings.ToLower(filepath.Ext(strings.TrimSpace(text)))]
		return format, ok
	}
	return 0, false
}

var fileFormats = map[string]protocol.ContentFormat{
	".txt": protocol.TextPlain, ".json": protocol.JSON, ".cbor": protocol.CBOR, ".xml": protocol.XML,
	".senml": protocol.SenMLJSON, ".senmlc": protocol.SenMLCBOR, ".bin": protocol.OctetStream, ".png": 23, ".jpg": 22, ".gif": 21,
}

// SetForm changes how the payload is written, and the Content-Format with it unless the user chose another.
func (d *Draft) SetForm(f Form) {
	old, had := d.Form.Format(d.Payload)
	d.Form = f
	d.follow(old, had)
}

// SetPayload changes the payload, and the Content-Format with the name of a file.
func (d *Draft) SetPayload(text string) {
	old, had := d.Form.Format(d.Payload)
	d.Payload = text
	if d.Form == File {
		d.follow(old, had)
	}
}

// follow has the Content-Format follow the form, if it is the one that the form had before, or there is none.
func (d *Draft) follow(old protocol.ContentFormat, had bool) {
	if i := d.Option(protocol.ContentFormatOption); i >= 0 {
		value, err := EncodeOption(protocol.ContentFormatOption, d.Options[i].Text)
		v, ok := protocol.DecodeUint(value)
		if err != nil || !ok || !had || uint64(old) != v {
			return
		}
	}
	if next, ok := d.Form.Format(d.Payload); ok {
		d.SetOption(protocol.ContentFormatOption, ContentFormatText(next))
	} else {
		d.Remove(protocol.ContentFormatOption)
	}
}

// sensmlCBOR is application/sensml+cbor, a stream of what SenML has in a pack (RFC 8428 §12.3).
const sensmlCBOR = 113

// EncodePayload makes the bytes of a payload that is written in a form; none for a file, which the draft does not read.
// format is its Content-Format, -1 for none. The error has the place in the text, if it is a *[payload.SyntaxError].
func EncodePayload(f Form, text string, format int) ([]byte, error) {
	blank := strings.TrimSpace(text) == ""
	switch {
	case f == File && blank:
		return nil, errors.New("name a file, or choose another form for the payload")
	case f == File:
		return nil, nil
	case f == Text:
		return []byte(text), nil
	case blank:
		return nil, nil
	case f == JSON:
		return []byte(text), payload.CheckJSON(text)
	case f == Diagnostic:
		return payload.EncodeDiagnostic(text)
	case f == SenML:
		return payload.EncodeSenML(text, format == int(protocol.SenMLCBOR) || format == sensmlCBOR)
	case f == Base64:
		return decodeBase64(text)
	}
	return payload.ParseHex(text)
}

// decodeBase64 reads either alphabet of RFC 4648, with or without padding and white space.
func decodeBase64(text string) ([]byte, error) {
	var places []int // of the digits in the text
	digits := make([]byte, 0, len(text))
	for i := range len(text) {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n', '=':
		case '-', '_':
			digits, places = append(digits, "+/"[strings.IndexByte("-_", c)]), append(places, i)
		default:
			digits, places = append(digits, c), append(places, i)
		}
	}
	out, err := base64.RawStdEncoding.DecodeString(string(digits))
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) {
		at, problem := len(text), "a digit is missing: 4 of them are 3 bytes"
		if int(corrupt) < len(places) && !isBase64(digits[corrupt]) {
			at, problem = places[corrupt], "this is no digit of base64"
		}
		return nil, &payload.SyntaxError{Offset: at, Problem: problem, Reference: "RFC 4648 §4"}
	}
	return out, err
}

func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || bytes.IndexByte([]byte("+/"), c) >= 0
}
