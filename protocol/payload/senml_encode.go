package payload

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

const senmlClause = "RFC 8428 §4.1"

// EncodeSenML makes a SenML pack of records that are written in JSON (RFC 8428 §5), in JSON or in CBOR. In CBOR the labels
// of RFC 8428 §6 table 4 are integers, and the data of "vd" is a byte string. It fails with a *[SyntaxError] that has the
// place in the text.
func EncodeSenML(text string, cbor bool) ([]byte, error) {
	if err := CheckJSON(text); err != nil {
		return nil, err
	}
	var records []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		at := len(text) - len(strings.TrimLeft(text, " \t\r\n"))
		return nil, &SyntaxError{at, `a pack is an array of records, such as [{"n": "temp", "u": "Cel", "v": 21.4}]`, senmlClause, false}
	}
	if !cbor {
		return []byte(text), nil
	}
	p := &notation{s: text, senml: true}
	p.space()
	p.item(1)
	if p.err != nil {
		return nil, p.err
	}
	return p.out, nil
}

// CheckJSON tells whether a text is a JSON text (RFC 8259 §2). It fails with a *[SyntaxError].
func CheckJSON(text string) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	var v json.RawMessage
	err := decoder.Decode(&v)
	if err == nil {
		end := int(decoder.InputOffset())
		if rest := strings.TrimLeft(text[end:], " \t\r\n"); rest != "" {
			return &SyntaxError{len(text) - len(rest), "something follows the value", "RFC 8259 §2", false}
		}
		return nil
	}
	if syntax, ok := err.(*json.SyntaxError); ok {
		return &SyntaxError{max(0, int(syntax.Offset)-1), strings.TrimPrefix(syntax.Error(), "invalid character "), "RFC 8259", false}
	}
	return &SyntaxError{len(text), "the text ends too early", "RFC 8259", true}
}

// relabel makes the key that was just written, from the place on, the number that SenML has for it, and gives its name.
func (p *notation) relabel(key int) string {
	if !p.senml || p.err != nil {
		return ""
	}
	written := p.out[key:]
	if len(written) == 0 || written[0]>>5 != majorText || written[0]&0x1f >= 24 {
		return "" // no label is that long
	}
	name := string(written[1:])
	for number, label := range senmlLabels {
		if label != name {
			continue
		}
		p.out = p.out[:key]
		if number < 0 {
			p.head(majorNegative, uint64(-1-number), 0, p.pos)
		} else {
			p.head(majorUnsigned, uint64(number), 0, p.pos)
		}
		return name
	}
	return ""
}

// undoBase64 makes the text that was just written, from the place on, the bytes that it stands for (RFC 8428 §6).
func (p *notation) undoBase64(value, from int) {
	if p.err != nil || p.out[value]>>5 != majorText {
		return
	}
	text := p.out[value:]
	length := 1 << (text[0]&0x1f - 24&3)
	if text[0]&0x1f < 24 {
		length = 0
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(string(text[1+length:]), "="))
	if err != nil {
		p.failAt(from, "RFC 8428 §4.3", "the data of \"vd\" is base64url without padding")
		return
	}
	p.out = p.out[:value]
	p.head(majorBytes, uint64(len(data)), 0, from)
	p.out = append(p.out, data...)
}
