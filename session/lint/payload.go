package lint

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// flaw is how a payload contradicts its format.
type flaw uint64

const (
	flawNone flaw = iota
	flawNotUTF8
	flawNotJSON
	flawNotCBOR
	flawNotLinks
)

func (f flaw) String() string {
	switch f {
	case flawNotUTF8:
		return "bytes that are not UTF-8"
	case flawNotJSON:
		return "no JSON"
	case flawNotCBOR:
		return "no well-formed CBOR"
	case flawNotLinks:
		return "no link-format"
	}
	return "what it says"
}

// maxChecked is the longest payload that is held against its format.
const maxChecked = 1 << 16

// family is how a format is checked.
type family uint8

const (
	familyNone family = iota
	familyText
	familyJSON
	familyCBOR
	familyCBORSequence
	familyLinks
)

// families has the formats that can be checked exactly.
var families = func() map[uint32]family {
	all := map[uint32]family{}
	for _, f := range protocol.ContentFormats() {
		if f.Coding != "" {
			continue
		}
		media, parameters, _ := strings.Cut(f.MediaType, ";")
		switch media = strings.TrimSpace(media); {
		case media == "text/plain" && strings.Contains(strings.ToLower(parameters), "utf-8"):
			all[uint32(f.Number)] = familyText
		case media == "application/link-format":
			all[uint32(f.Number)] = familyLinks
		case media == "application/json", strings.HasSuffix(media, "+json"):
			all[uint32(f.Number)] = familyJSON
		case media == "application/cbor", strings.HasSuffix(media, "+cbor"):
			all[uint32(f.Number)] = familyCBOR
		case media == "application/cbor-seq", strings.HasSuffix(media, "+cbor-seq"):
			all[uint32(f.Number)] = familyCBORSequence
		}
	}
	return all
}()

// payload holds a payload that is whole against its Content-Format.
func (l *Linter) payload(m *message) {
	if len(m.payload) == 0 || len(m.payload) > maxChecked || m.has.has(hasOSCORE|hasQBlock) {
		return
	}
	block, blocked := m.block2, m.has.has(hasBlock2)
	if m.code.IsRequest() {
		block, blocked = m.block1, m.has.has(hasBlock1)
	}
	if blocked && (block.More || block.Num > 0) {
		return // a part of a body
	}
	if m.format == noFormat {
		return
	}
	if f := check(families[m.format], m.payload); f != flawNone {
		l.report(rulePayloadFormat, m, 0, uint64(m.format), uint64(f))
	}
}

func check(f family, b []byte) flaw {
	switch f {
	case familyText:
		if !utf8.Valid(b) {
			return flawNotUTF8
		}
	case familyJSON:
		if !json.Valid(b) {
			return flawNotJSON
		}
	case familyCBOR:
		if n, ok := cborItem(b); !ok || n != len(b) {
			return flawNotCBOR
		}
	case familyCBORSequence:
		for len(b) > 0 {
			n, ok := cborItem(b)
			if !ok {
				return flawNotCBOR
			}
			b = b[n:]
		}
	case familyLinks:
		var wrong linkformat.ParseErrors
		if _, err := linkformat.Parse(b); errors.As(err, &wrong) && wrong.Lost() {
			return flawNotLinks
		}
	}
	return flawNone
}
