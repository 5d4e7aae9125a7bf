package dissect

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"coapscope/protocol"
)

var (
	errNoHeader   = errors.New("the header is not complete, or of another version than 1: repair it first")
	errNoOptions  = errors.New("the token cannot be read: set the token length or the token first")
	errNoOption   = errors.New("there is no such option")
	errUnreadable = errors.New("an option cannot be read, so that what follows it has no place: repair its delta and length first")
)

// SetToken gives the message with another token and its token length, extended where it must be (RFC 8974 §2.1).
func (t *Tree) SetToken(token []byte) ([]byte, error) {
	if !t.headed {
		return nil, errNoHeader
	}
	if len(token) > protocol.MaxTokenLength {
		return nil, fmt.Errorf("token: at most %d bytes are accepted (RFC 8974 §2.1)", protocol.MaxTokenLength)
	}
	start := t.Fields[0].EndByte()
	end := start
	for i := int(t.Fields[0].Next); i < len(t.Fields); i = int(t.Fields[i].Next) {
		if k := t.Fields[i].Kind; k != TokenLengthExtension && k != Token {
			break
		}
		end = t.Fields[i].EndByte()
	}
	b := bytes.Clone(t.Bytes[:start])
	b[0] = b[0]&0xf0 | protocol.Nibble(len(token))
	b = protocol.AppendExtension(b, len(token))
	b = append(b, token...)
	return append(b, t.Bytes[end:]...), nil
}

// SetPayload gives the message with another payload, without payload marker if that is empty.
func (t *Tree) SetPayload(payload []byte) ([]byte, error) {
	with := payload
	if len(payload) > 0 {
		with = append([]byte{protocol.PayloadMarker}, payload...)
	}
	if i := t.Find(PayloadGroup); i >= 0 {
		return t.splice(t.Fields[i].FirstByte(), t.Fields[i].EndByte(), with), nil
	}
	if t.bodyAt < 0 {
		return nil, t.noBody()
	}
	end := t.bodyAt
	if i := t.Find(OptionsGroup); i >= 0 {
		end = t.Fields[i].EndByte()
	}
	if n := len(t.Options); end != t.end || n > 0 && t.Options[n-1].Broken {
		return nil, errUnreadable
	}
	return t.splice(end, end, with), nil
}

// noBody says why there is no place for options and payload.
func (t *Tree) noBody() error {
	if !t.headed {
		return errNoHeader
	}
	return errNoOptions
}

// SetOptionText gives the message with another value of t.Options[k], in the form of [Tree.OptionText].
func (t *Tree) SetOptionText(k int, text string) ([]byte, error) {
	if k < 0 || k >= len(t.Options) {
		return nil, errNoOption
	}
	value, err := ParseValue(t.Names, t.Options[k].Info, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Options[k].name(), err)
	}
	return t.SetOption(k, value)
}

// SetOption gives the message with another value of t.Options[k].
func (t *Tree) SetOption(k int, value []byte) ([]byte, error) {
	if k < 0 || k >= len(t.Options) {
		return nil, errNoOption
	}
	if t.Options[k].Broken {
		return nil, errUnreadable
	}
	options := t.readableOptions()
	options[k].Value = value
	return t.setOptions(options)
}

// InsertOption gives the message with one more option, behind those of the same or a smaller number.
func (t *Tree) InsertOption(n protocol.OptionNumber, value []byte) ([]byte, error) {
	return t.setOptions(append(t.readableOptions(), protocol.Option{Number: n, Value: value}))
}

// RemoveOption gives the message without t.Options[k]. The others keep their numbers.
func (t *Tree) RemoveOption(k int) ([]byte, error) {
	if k < 0 || k >= len(t.Options) {
		return nil, errNoOption
	}
	if o := &t.Options[k]; o.Broken {
		f := &t.Fields[o.Field]
		return t.splice(f.FirstByte(), f.EndByte(), nil), nil
	}
	return t.setOptions(slices.Delete(t.readableOptions(), k, k+1))
}

// setOptionNumber changes the number of an option. Of one that cannot be read to its end, that is its delta.
func (t *Tree) setOptionNumber(k, n int) ([]byte, error) {
	o := &t.Options[k]
	if !o.Broken {
		options := t.readableOptions()
		options[k].Number = protocol.OptionNumber(n)
		return t.setOptions(options)
	}
	at := t.Fields[o.Field].FirstByte()
	head, err := t.movedHead(at, int(o.Previous), n)
	if err != nil {
		return nil, err
	}
	return t.splice(at, at+1+readOptionHead(t.Bytes[:t.end], at).deltaBytes, head), nil
}

// movedHead gives the first byte of the option at the position, and the extension of its delta, as they are for
// another number behind another option.
func (t *Tree) movedHead(at, previous, n int) ([]byte, error) {
	delta := n - previous
	if delta < 0 {
		return nil, fmt.Errorf("option %d, which cannot be read to its end, cannot stand behind option %d", n, previous)
	}
	if delta > protocol.MaxOptionLength {
		return nil, fmt.Errorf("option %d is too far behind option %d: a delta is at most %d", n, previous, protocol.MaxOptionLength)
	}
	return protocol.AppendExtension([]byte{protocol.Nibble(delta)<<4 | t.Bytes[at]&15}, delta), nil
}

// readableOptions gives the options that can be read.
func (t *Tree) readableOptions() protocol.Options {
	options := make(protocol.Options, 0, len(t.Options)+1)
	for i := range t.Options {
		if o := &t.Options[i]; !o.Broken {
			options = append(options, protocol.Option{Number: o.Number, Value: o.Value})
		}
	}
	return options
}

// setOptions gives the message with these instead of the options that can be read. An option behind them, which
// cannot, keeps its number.
func (t *Tree) setOptions(options protocol.Options) ([]byte, error) {
	if t.bodyAt < 0 {
		return nil, t.noBody()
	}
	slices.SortStableFunc(options, func(x, y protocol.Option) int { return cmp.Compare(x.Number, y.Number) })
	var b []byte
	previous := 0
	for _, o := range options {
		if len(o.Value) > protocol.MaxOptionLength {
			return nil, fmt.Errorf("option %d: at most %d bytes are accepted (RFC 7252 §3.1)", o.Number, protocol.MaxOptionLength)
		}
		delta := int(o.Number) - previous
		b = append(b, protocol.Nibble(delta)<<4|protocol.Nibble(len(o.Value)))
		b = protocol.AppendExtension(b, delta)
		b = protocol.AppendExtension(b, len(o.Value))
		b = append(b, o.Value...)
		previous = int(o.Number)
	}
	end, was := t.bodyAt, 0
	for i := range t.Options {
		if o := &t.Options[i]; !o.Broken {
			end, was = t.Fields[o.Field].EndByte(), int(o.Number)
		}
	}
	if end < t.end && t.Bytes[end] != protocol.PayloadMarker && previous != was {
		h := readOptionHead(t.Bytes[:t.end], end)
		if h.fault != ruleDelta15 && h.fault != ruleDeltaCut {
			head, err := t.movedHead(end, previous, was+h.delta)
			if err != nil {
				return nil, err
			}
			b = append(b, head...)
			end += 1 + h.deltaBytes
		}
	}
	return t.splice(t.bodyAt, end, b), nil
}

// splice gives the bytes with others from start to end. Within options and payload on a stream, the length in the
// header keeps counting them, unless it was wrong before.
func (t *Tree) splice(start, end int, with []byte) []byte {
	b := slices.Concat(t.Bytes[:start], with, t.Bytes[end:])
	if t.Framing != protocol.StreamFraming || t.bodyAt < 0 || start < t.bodyAt || end > t.end {
		return b
	}
	body := t.end - t.bodyAt
	if length, _ := t.declaredLength(); length != uint64(body) {
		return b
	}
	return append(appendLength(nil, body+len(with)-(end-start), b[0]&15), b[t.Fields[t.codeAt].FirstByte():]...)
}

// appendLength appends the first byte of a message on a stream, and the extension of the length (RFC 8323 §3.2).
func appendLength(b []byte, length int, tokenLength byte) []byte {
	if v := length - int(lengthBase(4)); v >= 0 {
		return append(b, 0xf0|tokenLength, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return protocol.AppendExtension(append(b, protocol.Nibble(length)<<4|tokenLength), length)
}
