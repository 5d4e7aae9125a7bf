package snippet

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// Command is what a command line of another client asks for.
type Command struct {
	Program string // without the name of the TLS library
	Draft   draft.Draft
	Repeat  int // how often it is sent; at least 1
	// Notes say what the line has that means nothing here, and what is different.
	Notes []string
}

// called finds the program in a text. It may stand behind a prompt, sudo, or variables, and be called with a path.
var called = regexp.MustCompile(`(?:^|[\s/|])(aiocoap-client|coap-client(?:-(?:notls|openssl|gnutls|mbedtls|tinydtls|wolfssl))?)(?:\.exe)?(?:\s|$)`)

// before is what may stand before the program.
var before = regexp.MustCompile(`^(?:[$%]\s+|sudo\s+|time\s+|[A-Za-z_][A-Za-z_0-9]*=\S*\s+)*(?:[^\s|:]*/)?$`)

// feeding is what may write to the program's standard input.
var feeding = regexp.MustCompile(`^(?:[$%]\s+)?(?:printf|echo|cat)\s(?s:.*)\|\s*(?:[^\s|:]*/)?$`)

// begin gives where the command line begins in a text, behind comments and a prompt; -1 if there is none.
func begin(text string) int {
	if len(text) > 8*maxArgument || !strings.Contains(text, "coap-client") {
		return -1
	}
	from := 0
	for {
		from += len(text[from:]) - len(strings.TrimLeft(text[from:], " \t\r\n"))
		if !strings.HasPrefix(text[from:], "#") {
			break
		}
		end := strings.IndexByte(text[from:], '\n')
		if end < 0 {
			// An entry of one line has made spaces of the ends of lines: the command is behind the comment.
			found := called.FindAllStringSubmatchIndex(text[from:], -1)
			for _, m := range found {
				at := from + m[2]
				if strings.HasPrefix(strings.TrimLeft(text[from+m[3]:], " "), "-") {
					return at
				}
			}
			return -1
		}
		from += end + 1
	}
	m := called.FindStringSubmatchIndex(text[from:])
	if m == nil {
		return -1
	}
	lead := text[from : from+m[2]]
	if !before.MatchString(lead) && !feeding.MatchString(lead) {
		return -1
	}
	if prompt := strings.TrimLeft(lead, "$% "); strings.HasPrefix(lead, "$ ") || strings.HasPrefix(lead, "% ") {
		from += len(lead) - len(prompt)
	}
	return from
}

// IsCommand tells whether a text is a command line of coap-client or aiocoap-client. It is cheap.
func IsCommand(text string) bool { return begin(text) >= 0 }

// ReadCommand reads a command line of coap-client or aiocoap-client. The error is a *[CommandError].
func ReadCommand(text string) (Command, error) {
	from := begin(text)
	if from < 0 {
		return Command{}, &CommandError{0, "this is no command line of coap-client or aiocoap-client"}
	}
	c, err := readCommand(text[from:])
	if e, ok := err.(*CommandError); ok {
		return Command{}, &CommandError{e.Offset + from, e.Text}
	}
	return c, err
}

func readCommand(text string) (Command, error) {
	stages, err := split(text)
	if err != nil {
		return Command{}, err
	}
	last := stages[len(stages)-1]
	for i, st := range stages[:len(stages)-1] {
		// What comes behind, such as a program that shows the answer, is left out.
		if program(st.words) != "" {
			last = st
			last.notes = append(last.notes, "what the answer is given to is left out")
			stages = stages[:i+1]
			break
		}
	}
	words := last.words
	for len(words) > 0 && program(words[:1]) == "" {
		words = words[1:]
	}
	if len(words) == 0 {
		return Command{}, &CommandError{0, "this is no command line of coap-client or aiocoap-client"}
	}
	in, err := inputOf(stages, last)
	if err != nil {
		return Command{}, err
	}
	a := asked{program: program(words), input: in}
	a.notes = last.notes
	if a.program == "aiocoap-client" {
		err = a.readAiocoap(words[1:])
	} else {
		err = a.readCoap(words[1:])
	}
	if err != nil {
		return Command{}, err
	}
	return a.command()
}

// program gives the program that one of the words calls; empty for none.
func program(words []word) string {
	for _, w := range words {
		name := strings.TrimSuffix(path.Base(strings.ReplaceAll(w.text, `\`, "/")), ".exe")
		switch {
		case name == "aiocoap-client":
			return name
		case name == "coap-client" || strings.HasPrefix(name, "coap-client-"):
			return "coap-client"
		}
	}
	return ""
}

// input is what a command reads from standard input.
type input struct {
	data  []byte
	file  string
	known bool
}

func inputOf(stages []stage, last stage) (input, error) {
	if last.input != nil {
		return input{file: last.input.text, known: true}, nil
	}
	if len(stages) < 2 {
		return input{}, nil
	}
	if len(stages) > 2 {
		return input{}, &CommandError{stages[1].words[0].offset, "one command may write to standard input, and this is another"}
	}
	words := stages[0].words
	if len(words) == 0 {
		return input{}, &CommandError{0, "there is no command before the bar"}
	}
	args := words[1:]
	switch words[0].text {
	case "printf":
		data, err := printf(args)
		return input{data: data, known: true}, err
	case "cat":
		if len(args) == 1 {
			return input{file: args[0].text, known: true}, nil
		}
	case "echo":
		end, escapes := "\n", false
		for len(args) > 0 && (args[0].text == "-n" || args[0].text == "-e" || args[0].text == "-ne" || args[0].text == "-en") {
			if strings.Contains(args[0].text, "n") {
				end = ""
			}
			escapes = escapes || strings.Contains(args[0].text, "e")
			args = args[1:]
		}
		texts := make([]string, len(args))
		for i, a := range args {
			texts[i] = a.text
		}
		data := []byte(strings.Join(texts, " "))
		if escapes {
			var err error
			if data, err = unescape(string(data), false); err != nil {
				return input{}, &CommandError{words[0].offset, err.Error()}
			}
		}
		return input{data: append(data, end...), known: true}, nil
	}
	return input{}, &CommandError{words[0].offset, fmt.Sprintf("what %s writes is not known here; printf, echo and cat with one file are", words[0].text)}
}

// asked is what a line asks for, as its program puts it on the wire.
type asked struct {
	program   string
	input     input
	message   protocol.Message // without message ID and token
	options   protocol.Options // in the order of the line, before those of the URI
	file      string
	to        protocol.URI // where it goes
	token     []byte
	blockSize int
	timeout   string
	repeat    int
	notes     []string
}

func (a *asked) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

// standardInput takes the payload from there.
func (a *asked) standardInput(w word) error {
	if !a.input.known {
		return &CommandError{w.offset, "the payload is read from standard input, which is not part of the line: name a file, or write it"}
	}
	a.message.Payload, a.file = a.input.data, a.input.file
	return nil
}

// address reads the URI of a word.
func (a *asked) address(w word) (protocol.URI, error) {
	uri, err := protocol.ParseURI(w.text)
	if e, ok := err.(*protocol.URIError); ok {
		return uri, &CommandError{w.offset + e.Offset, fmt.Sprintf("%s: %s (%s)", e.Field, e.Reason, e.Section)}
	}
	if len(uri.Query) == 1 && uri.Query[0] == "" {
		uri.Query = nil // either program makes no option of a "?" with nothing behind it
	}
	return uri, err
}
