package linkformat

import (
	"fmt"
	"strings"
)

// ParseError is one thing that is wrong with a payload.
type ParseError struct {
	Offset    int    // of the byte in the payload
	Part      string // what was being read, such as "link 3, attribute ct"
	Problem   string // what is wrong, and what was expected
	Reference string // the clause, such as "RFC 6690 §2"
	Lost      bool   // a link or an attribute could not be kept; otherwise all was
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("link-format, byte %d, %s: %s (%s)", e.Offset, e.Part, e.Problem, e.Reference)
}

// ParseErrors is all that is wrong with a payload, in order. errors.As finds the first as a
// *[ParseError].
type ParseErrors []*ParseError

func (e ParseErrors) Error() string {
	var b strings.Builder
	for i, p := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

// Unwrap gives the errors one by one.
func (e ParseErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, p := range e {
		errs[i] = p
	}
	return errs
}

// Lost says whether anything could not be kept.
func (e ParseErrors) Lost() bool {
	for _, p := range e {
		if p.Lost {
			return true
		}
	}
	return false
}
