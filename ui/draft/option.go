package draft

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/payload"
)

// EncodeOption reads an option's value as a user writes it: a number, for content formats also the
// media type; text; bytes in hexadecimal as 0x…, or else as text; nothing for an option without value.
func EncodeOption(n protocol.OptionNumber, text string) ([]byte, error) {
	info := n.Lookup(protocol.GET)
	format := protocol.FormatOpaque
	if info != nil {
		format = info.Format
	}
	switch format {
	case protocol.FormatEmpty:
		if strings.TrimSpace(text) != "" {
			return nil, fmt.Errorf("%s has no value: leave it empty", n)
		}
		return nil, nil
	case protocol.FormatString:
		return checkLength(info, []byte(text))
	case protocol.FormatUint:
		v, err := parseUint(n, strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		return checkLength(info, protocol.EncodeUint(v))
	}
	value := []byte(text)
	if digits, ok := strings.CutPrefix(strings.TrimSpace(text), "0x"); ok {
		var err error
		if value, err = payload.ParseHex(digits); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
	}
	return checkLength(info, value)
}

func checkLength(info *protocol.OptionInfo, value []byte) ([]byte, error) {
	if info == nil || len(value) >= info.MinLen && len(value) <= info.MaxLen {
		return value, nil
	}
	return nil, fmt.Errorf("%s has %d to %d bytes, this has %d (%s)", info.Name, info.MinLen, info.MaxLen, len(value), info.Reference)
}

func parseUint(n protocol.OptionNumber, text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	switch n {
	case protocol.Accept, protocol.ContentFormatOption:
		// "60", "60 application/cbor" as it is shown, or "application/cbor".
		number, _, _ := strings.Cut(text, " ")
		if v, err := strconv.ParseUint(number, 10, 16); err == nil {
			return v, nil
		}
		for _, row := range protocol.ContentFormats() {
			if strings.EqualFold(row.MediaType, text) {
				return uint64(row.Number), nil
			}
		}
		return 0, fmt.Errorf("%q is neither a content-format number nor a registered media type", text)
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		// NUM/M/size, as blocks are shown.
		if parts := strings.Split(text, "/"); len(parts) == 3 {
			num, err1 := strconv.ParseUint(parts[0], 10, 20)
			size, err2 := strconv.Atoi(parts[2])
			if err1 != nil || err2 != nil || size < 16 || size > 1024 || size&(size-1) != 0 || parts[1] != "0" && parts[1] != "1" {
				return 0, fmt.Errorf("a block is number/more/size, such as 0/0/256 (RFC 7959 §2.2)")
			}
			return uint64(protocol.Block{Num: uint32(num), More: parts[1] == "1", SZX: protocol.SZXFor(size)}.Uint()), nil
		}
	}
	v, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is a number from 0 to %d, not %q", n, uint32(1<<32-1), text)
	}
	return v, nil
}

// OptionText gives an option's value as a user would write it; [EncodeOption] reads it.
func OptionText(o protocol.Option) string {
	info := o.Number.Lookup(protocol.GET)
	if info == nil {
		return opaqueText(o.Value)
	}
	switch info.Format {
	case protocol.FormatEmpty:
		return ""
	case protocol.FormatUint:
		v, ok := o.Uint()
		if !ok {
			return opaqueText(o.Value)
		}
		if b, ok := protocol.DecodeBlock(o.Value); ok && isBlock(o.Number) {
			return b.String()
		}
		return strconv.FormatUint(v, 10)
	case protocol.FormatString:
		if utf8.Valid(o.Value) {
			return string(o.Value)
		}
	}
	return opaqueText(o.Value)
}

func isBlock(n protocol.OptionNumber) bool {
	return n == protocol.Block1 || n == protocol.Block2 || n == protocol.QBlock1 || n == protocol.QBlock2
}

func opaqueText(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return "0x" + hex.EncodeToString(b)
}

// ContentFormatText writes a content format as people read it and [EncodeOption] takes it: "60 application/cbor".
func ContentFormatText(f protocol.ContentFormat) string {
	if _, ok := f.Info(); !ok {
		return strconv.Itoa(int(f))
	}
	return fmt.Sprintf("%d %s", f, f)
}
