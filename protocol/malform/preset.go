package malform

import (
	"errors"
	"fmt"
	"slices"

	"coapscope/protocol"
)

// Preset is a way to break a message.
type Preset struct {
	ID     string // stable, such as "token-length-9"
	Group  string // of the menu
	Title  string
	Breaks string // what is broken by it, in a sentence
	Clause string // the rule that is broken

	// Apply gives the message broken. The message has to be a well-formed one, and is not changed; the error says what
	// else is missing. What the preset is not about stays as it is, as far as the format lets it.
	Apply func(message []byte) ([]byte, error)
}

// Groups of presets, in the order of the menu.
const (
	HeaderGroup   = "Header and token"
	TypeGroup     = "Type"
	CodeGroup     = "Code"
	FormatGroup   = "Option format"
	CriticalGroup = "Critical options"
	ElectiveGroup = "Elective options"
	ValueGroup    = "Values and what goes together"
	BlockGroup    = "Blocks"
	OSCOREGroup   = "OSCORE"
	PayloadGroup  = "Payload"
)

var presets = slices.Concat(headerPresets, typePresets, codePresets, formatPresets, criticalPresets, electivePresets, valuePresets, blockPresets, oscorePresets, payloadPresets)

// Presets gives all presets, those of a group together.
func Presets() []Preset { return presets }

// Find gives the preset of that ID.
func Find(id string) (Preset, bool) {
	i := slices.IndexFunc(presets, func(p Preset) bool { return p.ID == id })
	if i < 0 {
		return Preset{}, false
	}
	return presets[i], true
}

// maker is the function of a preset.
type maker = func(message []byte) ([]byte, error)

var (
	errNotRequest = errors.New("this breaks a request, and the message is none: its code is not 0.01 to 0.31")
	errEmpty      = errors.New("this needs more than an Empty message: choose a request")
)

// read parses a message that is to be broken.
func read(message []byte) (protocol.Message, error) {
	var m protocol.Message
	if err := m.Parse(message); err != nil {
		return m, fmt.Errorf("start from a well-formed message: this one is broken already (%w)", err)
	}
	m.Options = m.Options.Clone()
	return m, nil
}

// write encodes a message.
func write(m *protocol.Message) ([]byte, error) {
	b, err := m.Append(nil)
	if err != nil {
		return nil, fmt.Errorf("the message cannot be written: %w", err)
	}
	return b, nil
}

// changed is a preset that changes the message as a whole.
func changed(change func(m *protocol.Message)) maker {
	return func(message []byte) ([]byte, error) {
		m, err := read(message)
		if err != nil {
			return nil, err
		}
		change(&m)
		return write(&m)
	}
}

// changedRequest is a preset that changes a request.
func changedRequest(change func(m *protocol.Message)) maker {
	return func(message []byte) ([]byte, error) {
		m, err := read(message)
		switch {
		case err != nil:
			return nil, err
		case !m.Code.IsRequest():
			return nil, errNotRequest
		}
		if m.Type != protocol.NonConfirmable {
			m.Type = protocol.Confirmable
		}
		change(&m)
		return write(&m)
	}
}

// ended is a preset that puts bytes behind what change leaves of the message, which has no payload then.
func ended(tail []byte, changes ...func(m *protocol.Message)) maker {
	return func(message []byte) ([]byte, error) {
		m, err := read(message)
		switch {
		case err != nil:
			return nil, err
		case m.Code == protocol.Empty:
			return nil, errEmpty
		}
		m.Payload = nil
		for _, change := range changes {
			change(&m)
		}
		b, err := write(&m)
		return append(b, tail...), err
	}
}

// withCode is a preset that changes the code of a message. An Empty one becomes another thereby.
func withCode(c protocol.Code) maker {
	return changed(func(m *protocol.Message) {
		m.Code = c
		carry(m)
	})
}

// carry makes an ACK or RST a Confirmable message, so that it is the rest that is wrong with it.
func carry(m *protocol.Message) {
	if m.Type != protocol.NonConfirmable {
		m.Type = protocol.Confirmable
	}
}

// withOption is a preset that sets options of a request: those of the same number are replaced.
func withOption(n protocol.OptionNumber, values ...string) maker {
	return changedRequest(func(m *protocol.Message) { set(m, n, values...) })
}

func set(m *protocol.Message, n protocol.OptionNumber, values ...string) {
	m.Options = m.Options.Without(n)
	for _, v := range values {
		m.Options = m.Options.Add(n, []byte(v))
	}
}

// withMethod has a change follow from the method that the message gets.
func withMethod(c protocol.Code, payload string, change func(m *protocol.Message)) maker {
	return changedRequest(func(m *protocol.Message) {
		m.Code, m.Payload = c, []byte(payload)
		change(m)
	})
}

// blockValue is the value of a Block option (RFC 7959 §2.2).
func blockValue(num uint32, more bool, szx uint8) string {
	v := num<<4 | uint32(szx)
	if more {
		v |= 8
	}
	return string(protocol.EncodeUint(uint64(v)))
}
