package snippet

import (
	"errors"
	"fmt"
	"strings"

	"coapscope/ui/draft"
)

// Kind is a form in which a request is copied.
type Kind struct {
	ID    string
	Name  string // as a menu offers it
	Short string // as a row of links does
	write func(*request) (string, error)
}

// kinds are all, those that are asked for most in front.
var kinds = []Kind{
	{"coap-client", "coap-client", "coap-client", writeCoapClient},
	{"aiocoap", "aiocoap-client", "aiocoap", writeAiocoap},
	{"go", "Go (go-coap)", "Go", writeGo},
	{"hex", "hex", "hex", writeHex},
	{"python", "Python (aiocoap)", "Python", writePython},
	{"c", "C (libcoap)", "C", writeC},
	{"wireshark", "Wireshark filter", "Wireshark", writeFilter},
}

// Kinds gives all of them, those that are asked for most in front.
func Kinds() []Kind { return kinds }

// Find gives the kind of that ID.
func Find(id string) (Kind, bool) {
	for _, k := range kinds {
		if k.ID == id {
			return k, true
		}
	}
	return Kind{}, false
}

// Write gives what was built in this form. The error says what of it the form cannot say, or why there is no request.
func (k Kind) Write(b *draft.Built) (string, error) {
	if len(b.Problems) > 0 {
		p := b.Problems[0]
		return "", fmt.Errorf("the request cannot be sent as it is: %s: %s", p.Where, p.Text)
	}
	r, err := requestOf(b)
	if err != nil {
		return "", err
	}
	return k.write(r)
}

// errRaw tells that a program makes messages and does not send bytes.
func errRaw(program string) error {
	return fmt.Errorf("%s sends no raw bytes; Go, Python, C and hex can have them", program)
}

// errPing tells that a program cannot send an Empty message.
func errPing(program string) error {
	return fmt.Errorf("%s sends no Empty message; Go, Python, C and hex can have it", program)
}

var errTooLong = errors.New("the payload is too long for a command line: write it into a file, and choose File as its form")

// maxArgument is how long a word of a command line may be: Linux allows 128 KiB.
const maxArgument = 120_000

// withNotes puts what is to be said about a text before it, as comments.
func withNotes(sign string, notes []string, text string) string {
	var b strings.Builder
	for _, n := range notes {
		fmt.Fprintf(&b, "%s %s\n", sign, n)
	}
	b.WriteString(text)
	return b.String()
}
