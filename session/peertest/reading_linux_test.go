package peertest_test

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
)

// ours brings a dissected message to parts, in the words of tshark where both have words.
func ours(t *dissect.Tree) (parts []part) {
	option := -1
	prefix := ""
	for i, f := range t.Fields {
		if f.Option >= 0 {
			prefix = fmt.Sprintf("option %d ", f.Option+1)
		}
		number := strconv.FormatUint(f.Number, 10)
		add := func(what, is string) { parts = append(parts, placed(what, f.Bit, f.Bits, is)) }
		switch f.Kind {
		case dissect.Version:
			add("version", number)
		case dissect.MessageType:
			add("type", strings.ToLower(t.Value(i)))
		case dissect.Length:
			// What tshark has is the length of the message, so the bytes are those of the message.
			parts = append(parts, part{"length", number})
		case dissect.LengthExtension:
			parts[len(parts)-2].is += "+" + number // the token length is between the two
		case dissect.TokenLength:
			add("token length", number)
		case dissect.Code:
			// tshark writes methods without digits.
			text := t.Value(i)
			if t.Code == protocol.Empty || t.Code.IsRequest() {
				_, text, _ = strings.Cut(text, " ")
			}
			add("code", number+" "+text)
		case dissect.MessageID:
			add("message ID", number)
		case dissect.Token:
			add("token", hex.EncodeToString(t.Raw(i)))
		case dissect.Option:
			option = int(f.Option)
			o := &t.Options[option]
			add(prefix, number)
			name := "unknown option (" + number + ")"
			if o.Info != nil {
				name = strings.ToLower(o.Info.Name)
			}
			parts = append(parts, part{prefix + "name", name}, part{prefix + "properties", properties(o.Number)})
			if meaning, ok := meaning(t, o); ok {
				parts = append(parts, part{prefix + "meaning", meaning})
			}
		case dissect.OptionDelta:
			add(prefix+"delta", number)
		case dissect.OptionDeltaExtension:
			add(prefix+"delta_ext", number)
		case dissect.OptionLength:
			add(prefix+"length", number)
		case dissect.OptionLengthExtension:
			add(prefix+"length_ext", number)
		case dissect.OptionValue:
			add(prefix+"value", hex.EncodeToString(t.Raw(i)))
		case dissect.OSCOREReserved:
			add(prefix+"object_security_reserved", number)
		case dissect.OSCOREKidContextFlag:
			add(prefix+"object_security_kid_context_present", number)
		case dissect.OSCOREKidFlag:
			add(prefix+"object_security_kid_present", number)
		case dissect.OSCOREPartialIVLength:
			add(prefix+"object_security_piv_len", number)
		case dissect.OSCOREPartialIV:
			add(prefix+"object_security_piv", hex.EncodeToString(t.Raw(i)))
		case dissect.OSCOREKidContextLength:
			add(prefix+"object_security_kid_context_len", number)
		case dissect.OSCOREKidContext:
			add(prefix+"object_security_kid_context", hex.EncodeToString(t.Raw(i)))
		case dissect.OSCOREKid:
			add(prefix+"object_security_kid", hex.EncodeToString(t.Raw(i)))
		case dissect.PayloadMarker:
			add("marker", "255")
		case dissect.Payload:
			add("payload", hex.EncodeToString(t.Raw(i)))
		}
	}
	return parts
}

// properties are those of RFC 7252 §5.4.6 in words.
func properties(n protocol.OptionNumber) string {
	s := "Elective, "
	if n.Critical() {
		s = "Critical, "
	}
	if n.Unsafe() {
		return s + "Unsafe"
	}
	s += "Safe"
	if n.NoCacheKey() {
		s += ", NoCacheKey"
	}
	return s
}

// meaning gives the text of the option's value, cut down to what tshark says of it; false where that is no text of a value.
func meaning(t *dissect.Tree, o *dissect.OptionEntry) (string, bool) {
	at := o.Field
	if o.ValueAt >= 0 {
		at = o.ValueAt
	}
	text := t.Value(at)
	first, rest, _ := strings.Cut(text, " ")
	switch {
	case o.Info == nil || o.Info.Format == protocol.FormatOpaque && o.Number != protocol.OSCORE:
		var bytes []string
		for _, b := range o.Value {
			bytes = append(bytes, hex.EncodeToString([]byte{b}))
		}
		return strings.Join(bytes, ":"), true
	case o.Number == protocol.OSCORE, o.Info.Format == protocol.FormatEmpty:
		return "", false
	case t.Code.IsSignaling():
		return first, true
	}
	switch o.Number {
	case protocol.ContentFormatOption, protocol.Accept:
		return rest, true
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		b, _ := protocol.DecodeBlock(o.Value)
		more := 0
		if b.More {
			more = 1
		}
		return fmt.Sprintf("%d %d %d", b.Num, more, b.SZX), true
	}
	if o.Info.Format == protocol.FormatString {
		return string(o.Value), true
	}
	return first, true
}
