package keep

import (
	"fmt"
	"strconv"
	"strings"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// field is a key of a request's file. At most one of text, truth and count is set.
type field struct {
	key   string
	name  string // of the field of [draft.Settings]
	text  func(*draft.Settings) *string
	truth func(*draft.Settings) *bool
	count func(*draft.Settings) *int
}

// settings are the keys of the table "settings", in the order in which they are written.
var settings = []field{
	{key: "token", name: "Token", text: func(s *draft.Settings) *string { return &s.Token }},
	{key: "message-id", name: "MessageID", text: func(s *draft.Settings) *string { return &s.MessageID }},
	{key: "reuse-message-id", name: "ReuseMessageID", truth: func(s *draft.Settings) *bool { return &s.ReuseMessageID }},
	{key: "ack-timeout", name: "AckTimeout", text: func(s *draft.Settings) *string { return &s.AckTimeout }},
	{key: "ack-random-factor", name: "AckRandomFactor", text: func(s *draft.Settings) *string { return &s.AckRandomFactor }},
	{key: "max-retransmit", name: "MaxRetransmit", text: func(s *draft.Settings) *string { return &s.MaxRetransmit }},
	{key: "nstart", name: "NStart", text: func(s *draft.Settings) *string { return &s.NStart }},
	{key: "probing-rate", name: "ProbingRate", text: func(s *draft.Settings) *string { return &s.ProbingRate }},
	{key: "timeout", name: "Timeout", text: func(s *draft.Settings) *string { return &s.Timeout }},
	{key: "proxy", name: "Proxy", text: func(s *draft.Settings) *string { return &s.Proxy }},
	{key: "proxy-in-parts", name: "ProxyInParts", truth: func(s *draft.Settings) *bool { return &s.ProxyInParts }},
	{key: "block-size", name: "BlockSize", count: func(s *draft.Settings) *int { return &s.BlockSize }},
	{key: "response-block-size", name: "ResponseBlockSize", count: func(s *draft.Settings) *int { return &s.ResponseBlockSize }},
	{key: "ask-size", name: "AskSize", truth: func(s *draft.Settings) *bool { return &s.AskSize }},
	{key: "plain", name: "Plain", truth: func(s *draft.Settings) *bool { return &s.Plain }},
	{key: "q-block", name: "QBlock", truth: func(s *draft.Settings) *bool { return &s.QBlock }},
	{key: "request-tag", name: "RequestTag", text: func(s *draft.Settings) *string { return &s.RequestTag }},
	{key: "echo-by-hand", name: "EchoByHand", truth: func(s *draft.Settings) *bool { return &s.EchoByHand }},
	{key: "cache", name: "Cache", text: func(s *draft.Settings) *string { return &s.Cache }},
	{key: "again", name: "Again", text: func(s *draft.Settings) *string { return &s.Again }},
	{key: "impatient", name: "Impatient", truth: func(s *draft.Settings) *bool { return &s.Impatient }},
}

// optionNumbers are the registry's options by the names that files have.
var optionNumbers = func() map[string]protocol.OptionNumber {
	numbers := map[string]protocol.OptionNumber{}
	for _, row := range protocol.OptionTable() {
		if _, taken := numbers[row.Name]; !taken && row.Number.String() == row.Name {
			numbers[row.Name] = row.Number
		}
	}
	return numbers
}()

// WriteRequest gives the file of a request, the same for the same draft. What is as it is at first is left out. The
// comments of old, the file that it is to take the place of, stay; old may be nil.
func WriteRequest(d *draft.Draft, old []byte) []byte {
	before, _ := parse(old) // of one that cannot be read nothing is kept; Save refuses to replace such
	w := newDocWriter(before)
	w.set("method", lineText(d.Method.Short()))
	w.set("address", lineText(d.Address))
	if d.Group != "" {
		w.set("group", lineText(d.Group))
	}
	if d.Type != protocol.Confirmable {
		w.set("type", lineText(d.Type.String()))
	}
	if len(d.Options) > 0 {
		texts := make([]string, len(d.Options))
		for i, o := range d.Options {
			texts[i] = optionLine(o)
		}
		w.setList("options", texts)
	}
	if d.Form != draft.Text {
		w.set("form", lineText(d.Form.String()))
	}
	if d.Payload != "" {
		w.set("payload", blockText(d.Payload))
	}
	if d.Raw != "" {
		w.set("raw", blockText(d.Raw))
	}
	if d.Settings != (draft.Settings{}) {
		w.startTable("settings")
		for _, f := range settings {
			switch {
			case f.text != nil && *f.text(&d.Settings) != "":
				w.set(f.key, lineText(*f.text(&d.Settings)))
			case f.truth != nil && *f.truth(&d.Settings):
				w.set(f.key, "true")
			case f.count != nil && *f.count(&d.Settings) != 0:
				w.set(f.key, strconv.Itoa(*f.count(&d.Settings)))
			}
		}
	}
	return w.finish()
}

// optionLine writes an option as "Accept: 60"; "off Accept: 60" for one that is left out of the message.
func optionLine(o draft.Option) string {
	name := o.Number.String()
	if _, known := optionNumbers[name]; !known {
		name = strconv.Itoa(int(o.Number))
	}
	if o.Off {
		name = "off " + name
	}
	return name + ": " + o.Text
}

func parseOption(line string) (o draft.Option, err error) {
	name, text, ok := strings.Cut(line, ":")
	if !ok {
		return o, fmt.Errorf("%q is no option: write its name or number, a colon, and its value", line)
	}
	o.Text = strings.TrimPrefix(text, " ")
	name, o.Off = strings.CutPrefix(name, "off ")
	name = strings.TrimSpace(name)
	if n, known := optionNumbers[name]; known {
		o.Number = n
		return o, nil
	}
	n, err := strconv.ParseUint(name, 10, 16)
	if err != nil {
		return o, fmt.Errorf("%q is no option of the registry; write its number", name)
	}
	o.Number = protocol.OptionNumber(n)
	return o, nil
}

// ReadRequest reads the file of a request. The error is a *[SyntaxError]: of a key that means nothing too, as it would be
// lost when the request is saved.
func ReadRequest(text []byte) (d draft.Draft, err error) {
	doc, err := parse(text)
	if err != nil {
		return d, err
	}
	hasMethod := false
	for _, s := range doc.statements {
		switch {
		case s.table == "settings" && s.key == "":
		case s.table == "settings":
			err = readSetting(&d.Settings, s)
		case s.table != "":
			err = &SyntaxError{s.line, s.table, "there is no such table in the file of a request"}
		default:
			hasMethod = hasMethod || s.key == "method"
			err = readKey(&d, s)
		}
		if err != nil {
			return draft.Draft{}, err
		}
	}
	if !hasMethod {
		return draft.Draft{}, &SyntaxError{1, "method", `the key is missing: write one such as method = "GET"`}
	}
	return d, nil
}

func (s *statement) text() (string, error) {
	if text, ok := s.value.(string); ok {
		return text, nil
	}
	return "", &SyntaxError{s.line, s.key, "a text in quotes is expected"}
}

func readKey(d *draft.Draft, s statement) error {
	if s.key == "options" {
		return readOptions(d, s)
	}
	text, err := s.text()
	known := true
	switch s.key {
	case "method":
		d.Method, known = parseMethod(text)
	case "address":
		d.Address = text
	case "group":
		d.Group = text
	case "type":
		d.Type, known = parseType(text)
	case "form":
		d.Form, known = draft.ParseForm(text)
	case "payload":
		d.Payload = text
	case "raw":
		d.Raw = text
	default:
		return &SyntaxError{s.line, s.key, "there is no such key in the file of a request"}
	}
	if err == nil && !known {
		err = &SyntaxError{s.line, s.key, fmt.Sprintf("%q is none that there is: %s", text, keyHelp[s.key])}
	}
	return err
}

var keyHelp = map[string]string{
	"method": "write a method such as GET, or a code such as 0.08",
	"type":   "write CON or NON",
	"form":   "write Text, JSON, CBOR, SenML, Hex, Base64 or File",
}

func parseMethod(text string) (protocol.Code, bool) {
	for _, row := range protocol.Codes() {
		if row.Code.IsRequest() && strings.EqualFold(row.Code.Short(), text) {
			return row.Code, true
		}
	}
	c, err := protocol.ParseCode(text)
	return c, err == nil
}

func parseType(text string) (protocol.Type, bool) {
	for t := protocol.Confirmable; t <= protocol.Reset; t++ {
		if t.String() == text {
			return t, true
		}
	}
	return 0, false
}

func readOptions(d *draft.Draft, s statement) error {
	list, ok := s.value.([]element)
	if !ok {
		return &SyntaxError{s.line, s.key, "a list of texts is expected, an option each"}
	}
	for _, e := range list {
		if e.line < 0 {
			continue
		}
		o, err := parseOption(e.text)
		if err != nil {
			return &SyntaxError{e.line, s.key, err.Error()}
		}
		d.Options = append(d.Options, o)
	}
	return nil
}

func readSetting(to *draft.Settings, s statement) error {
	for _, f := range settings {
		if f.key != s.key {
			continue
		}
		switch {
		case f.text != nil:
			text, err := s.text()
			*f.text(to) = text
			return err
		case f.truth != nil:
			truth, ok := s.value.(bool)
			if !ok {
				return &SyntaxError{s.line, s.key, "true or false is expected"}
			}
			*f.truth(to) = truth
		default:
			digits, ok := s.value.(number)
			n, err := strconv.ParseInt(strings.ReplaceAll(string(digits), "_", ""), 0, 32)
			if !ok || err != nil {
				return &SyntaxError{s.line, s.key, "a whole number without quotes is expected"}
			}
			*f.count(to) = int(n)
		}
		return nil
	}
	return &SyntaxError{s.line, s.key, "there is no such setting"}
}
