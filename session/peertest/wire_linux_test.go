package peertest_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// spoken is a message as it was on the wire.
type spoken struct {
	byClient bool
	data     []byte
	message  protocol.Message
}

func (s spoken) String() string {
	arrow := "<"
	if s.byClient {
		arrow = ">"
	}
	text := fmt.Sprintf("%s %v %s mid=%d token=%v", arrow, s.message.Type, s.message.Code.Short(), s.message.MessageID, s.message.Token)
	for _, o := range s.message.Options {
		text += fmt.Sprintf(" %v=%s", o.Number, value(o))
	}
	if n := len(s.message.Payload); n > 0 {
		text += fmt.Sprintf(" payload=%.30q (%d)", s.message.Payload, n)
	}
	return text
}

// value writes an option's value as a script does.
func value(o protocol.Option) string {
	switch o.Number {
	case protocol.Block1, protocol.Block2:
		if b, ok := protocol.DecodeBlock(o.Value); ok {
			more := 0
			if b.More {
				more = 1
			}
			return fmt.Sprintf("%d/%d/%d", b.Num, more, b.Size())
		}
	}
	if info := o.Number.Lookup(protocol.GET); info != nil {
		switch info.Format {
		case protocol.FormatString:
			return string(o.Value)
		case protocol.FormatUint:
			if v, ok := o.Uint(); ok {
				return fmt.Sprint(v)
			}
		}
	}
	return fmt.Sprintf("%x", o.Value)
}

// matchScript tells whether the messages are those of a script, which has a line for each:
//
//	> CON GET mid=$m token=$t Uri-Path=seg1,seg2 !Observe
//	< ACK 2.05 mid=$m token=$t Content-Format payload
//	...
//
// ">" is what the client sends and "<" what the server does; then come type and code, and what is asked of the rest:
// the message ID, the token ("token=" for an empty one), an option, by its name, with its value, more than one with commas,
// or with any value, or with "!" that there is none; "payload", "!payload", or what the payload has in it. "$name"
// is any value where it is first, and the same one afterwards; "!$name" is a value other than that one, and
// "more:$name" a greater number. A line "..." stands for any number of messages. Copies of a message are left out.
func matchScript(messages []spoken, script string) error {
	seen := map[bool][][]byte{}
	messages = slices.DeleteFunc(slices.Clone(messages), func(s spoken) bool {
		again := slices.ContainsFunc(seen[s.byClient], func(b []byte) bool { return bytes.Equal(b, s.data) })
		seen[s.byClient] = append(seen[s.byClient], s.data)
		return again
	})
	var lines []string
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	err := matchLines(messages, lines, map[string]string{})
	if err != nil {
		for _, s := range messages {
			err = fmt.Errorf("%w\n  %v", err, s)
		}
	}
	return err
}

func matchLines(messages []spoken, lines []string, bound map[string]string) error {
	for i, line := range lines {
		if line == "..." {
			var err error
			for skipped := 0; skipped <= len(messages); skipped++ {
				again := map[string]string{}
				for k, v := range bound {
					again[k] = v
				}
				if err = matchLines(messages[skipped:], lines[i+1:], again); err == nil {
					return nil
				}
			}
			return err
		}
		if len(messages) == 0 {
			return fmt.Errorf("the messages end before %q:", line)
		}
		if err := matchLine(messages[0], strings.Fields(line), bound); err != nil {
			return fmt.Errorf("%v is not %q: %w; all are:", messages[0], line, err)
		}
		messages = messages[1:]
	}
	if len(messages) > 0 {
		return fmt.Errorf("nothing is to follow, but there are %d more; all are:", len(messages))
	}
	return nil
}

func matchLine(s spoken, words []string, bound map[string]string) error {
	m := s.message
	if s.byClient != (words[0] == ">") {
		return fmt.Errorf("the other one sends it")
	}
	if kind := m.Type.String(); kind != words[1] {
		return fmt.Errorf("it is a %s", kind)
	}
	if code := m.Code.Short(); code != words[2] {
		return fmt.Errorf("its code is %s", code)
	}
	for _, word := range words[3:] {
		name, want, valued := strings.Cut(word, "=")
		name, absent := strings.CutPrefix(name, "!")
		var has []string
		switch name {
		case "mid":
			has = []string{fmt.Sprint(m.MessageID)}
		case "token":
			has = []string{m.Token.String()}
		case "payload":
			if len(m.Payload) > 0 {
				has = []string{string(m.Payload)}
			}
			if valued && !absent && has != nil {
				if !strings.Contains(has[0], want) {
					return fmt.Errorf("its payload has no %q", want)
				}
				continue
			}
		default:
			number, known := optionNamed(name)
			if !known {
				return fmt.Errorf("there is no option %q", name)
			}
			for _, o := range m.Options {
				if o.Number == number {
					has = append(has, value(o))
				}
			}
		}
		switch got := strings.Join(has, ","); {
		case absent && has != nil:
			return fmt.Errorf("it has %s=%s", name, got)
		case absent:
		case has == nil:
			return fmt.Errorf("it has no %s", name)
		case !valued:
		default:
			if err := matchValue(got, want, bound); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func matchValue(got, want string, bound map[string]string) error {
	if other, ok := strings.CutPrefix(want, "!$"); ok {
		if got == bound[other] {
			return fmt.Errorf("%s is that of $%s", got, other)
		}
		return nil
	}
	if name, ok := strings.CutPrefix(want, "more:$"); ok {
		var now, before uint64
		fmt.Sscan(got, &now)
		fmt.Sscan(bound[name], &before)
		if now <= before {
			return fmt.Errorf("%s is not more than %s", got, bound[name])
		}
		return nil
	}
	if name, ok := strings.CutPrefix(want, "$"); ok {
		before, known := bound[name]
		bound[name] = got
		if !known {
			return nil
		}
		want = before
	}
	if got != want {
		return fmt.Errorf("%q is not %q", got, want)
	}
	return nil
}

func optionNamed(name string) (protocol.OptionNumber, bool) {
	for _, info := range protocol.OptionTable() {
		if info.Name == name {
			return info.Number, true
		}
	}
	return 0, false
}

// inLog gives the messages of a log from a frame on, with one peer.
func inLog(log *trace.Log, from trace.Seq) (all []spoken, err error) {
	for n := from; int(n) <= log.Len(); n++ {
		f := log.At(n)
		m, err := protocol.Parse(f.Data)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", n, err)
		}
		all = append(all, spoken{f.Direction == trace.Sent, f.Data, m})
	}
	return all, nil
}

// inFlow gives the messages that came to a relay.
func inFlow(f *flow) (all []spoken, err error) {
	for _, d := range f.recorded() {
		m, err := protocol.Parse(d.data)
		if err != nil {
			return nil, fmt.Errorf("%x: %w", d.data, err)
		}
		all = append(all, spoken{d.way == toServer, d.data, m})
	}
	return all, nil
}
