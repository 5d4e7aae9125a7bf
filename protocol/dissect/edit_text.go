package dissect

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
)

// isBlock tells whether the option is one of those whose value is a block (RFC 7959 §2.2, RFC 9177 §4).
func isBlock(info *protocol.OptionInfo) bool {
	if info == nil || info.Code != protocol.Empty {
		return false
	}
	switch info.Number {
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		return true
	}
	return false
}

// valueText gives an option's value as [ParseValue] takes it.
func valueText(info *protocol.OptionInfo, value []byte) string {
	switch {
	case info == nil:
	case isBlock(info):
		if b, ok := protocol.DecodeBlock(value); ok && bytes.Equal(b.Value(), value) {
			return blockEditText(b)
		}
		return "0x" + hex.EncodeToString(value)
	case info.Format == protocol.FormatUint:
		if v, ok := protocol.DecodeUint(value); ok && bytes.Equal(encodeUint(info, v), value) {
			return number(v)
		}
		return "0x" + hex.EncodeToString(value)
	case info.Format == protocol.FormatString:
		return textOrHex(value)
	}
	return hex.EncodeToString(value)
}

func blockEditText(b protocol.Block) string {
	s := b.String()
	if b.SZX == 7 {
		return s[:strings.LastIndexByte(s, '/')+1] + "BERT"
	}
	return s
}

// ParseValue reads the value of an option from what a person types: a number or, for a content format, a media
// type; text; NUM/M/size such as "3/1/256" for a block, with BERT for size exponent 7; hexadecimal digits for all
// else, and for options without a row. 0x with hexadecimal digits gives the bytes of any value.
func ParseValue(names *protocol.Names, info *protocol.OptionInfo, text string) ([]byte, error) {
	switch {
	case info == nil:
		return parseHex(text)
	case info.Format == protocol.FormatString:
		return parseTextOrHex(text)
	case strings.HasPrefix(strings.TrimSpace(text), "0x"):
		return parseHex(text)
	case isBlock(info):
		b, err := parseBlock(text)
		return b.Value(), err
	case info.Format == protocol.FormatUint:
		v, err := parseNumber(text, 1<<64-1)
		if err != nil && info.Code == protocol.Empty && (info.Number == protocol.ContentFormatOption || info.Number == protocol.Accept) {
			f, ok := names.ContentFormatNamed(strings.TrimSpace(text))
			if !ok {
				return nil, fmt.Errorf("a number from 0 to 65535 or a media type that has one is accepted, such as application/cbor, not %q", shorten(text))
			}
			v, err = uint64(f), nil
		}
		if err != nil {
			return nil, err
		}
		return encodeUint(info, v), nil
	}
	return parseHex(text)
}

// encodeUint encodes a number in as few bytes as the option may have.
func encodeUint(info *protocol.OptionInfo, v uint64) []byte {
	b := protocol.EncodeUint(v)
	for len(b) < info.MinLen {
		b = append([]byte{0}, b...)
	}
	return b
}

// parseNumber reads a decimal number.
func parseNumber(text string, most uint64) (uint64, error) {
	v, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil || v > most {
		return 0, fmt.Errorf("a number from 0 to %d is accepted, not %q", most, shorten(text))
	}
	return v, nil
}

// parseHex reads hexadecimal digits, with or without 0x, and with blanks, colons or hyphens between bytes.
func parseHex(text string) ([]byte, error) {
	s := strings.TrimPrefix(strings.TrimSpace(text), "0x")
	b, err := hex.DecodeString(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ':' || r == '-' {
			return -1
		}
		return r
	}, s))
	if err != nil {
		return nil, errors.New("hexadecimal digits are accepted, two for each byte, such as 0a1b")
	}
	return b, nil
}

// textOrHex gives printable text as it is, and 0x with hexadecimal digits for all else.
func textOrHex(b []byte) string {
	if bytes.HasPrefix(b, []byte("0x")) || !utf8.Valid(b) || bytes.ContainsFunc(b, func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\n' && r != '\t'
	}) {
		return "0x" + hex.EncodeToString(b)
	}
	return string(b)
}

func parseTextOrHex(text string) ([]byte, error) {
	if strings.HasPrefix(text, "0x") {
		b, err := parseHex(text)
		if err != nil {
			return nil, errors.New("behind 0x, two hexadecimal digits for each byte are accepted; text does not start with 0x")
		}
		return b, nil
	}
	return []byte(text), nil
}

func parseType(text string) (uint64, error) {
	s := strings.TrimSpace(text)
	for v := protocol.Confirmable; v <= protocol.Reset; v++ {
		if strings.EqualFold(s, v.String()) || strings.EqualFold(s, v.Name()) || s == number(uint64(v)) {
			return uint64(v), nil
		}
	}
	return 0, fmt.Errorf("CON, NON, ACK or RST is accepted, not %q", shorten(text))
}

// parseCode reads a code as c.dd, or by its name.
func (t *Tree) parseCode(text string) (uint64, error) {
	s := strings.TrimSpace(text)
	if c, ok := t.Names.CodeNamed(s); ok {
		return uint64(c), nil
	}
	c, err := protocol.ParseCode(s)
	if err != nil {
		return 0, fmt.Errorf("a code from 0.00 to 7.31 is accepted, such as 2.05, or a name such as GET, not %q", shorten(text))
	}
	return uint64(c), nil
}

// parseBlock reads NUM/M/size.
func parseBlock(text string) (b protocol.Block, err error) {
	fail := fmt.Errorf("NUM/M/size is accepted, such as 3/1/256: NUM from 0 to %d, M 0 or 1, size 16, 32, 64, 128, 256, 512, 1024 or BERT, not %q",
		protocol.MaxBlockNum, shorten(text))
	parts := strings.Split(strings.TrimSpace(text), "/")
	if len(parts) != 3 {
		return b, fail
	}
	num, err := parseNumber(parts[0], protocol.MaxBlockNum)
	if err != nil || parts[1] != "0" && parts[1] != "1" {
		return b, fail
	}
	b = protocol.Block{Num: uint32(num), More: parts[1] == "1", SZX: 7}
	if !strings.EqualFold(parts[2], "BERT") {
		size, err := parseNumber(parts[2], 1024)
		if err != nil {
			return b, fail
		}
		b.SZX = protocol.SZXFor(int(size))
		if b.Size() != int(size) {
			return b, fail
		}
	}
	return b, nil
}
