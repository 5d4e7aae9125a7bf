package draft

import (
	"fmt"
	"strings"
)

// Lookup gives the value of a variable.
type Lookup func(name string) (value string, ok bool)

// VariableError says which variable has no value.
type VariableError struct {
	Name   string
	Offset int // of its braces in the text
}

func (e *VariableError) Error() string {
	return fmt.Sprintf("{{%s}} has no value in this environment; give it one under Request ▸ Variables", e.Name)
}

// maxExpansion bounds values that hold variables themselves.
const maxExpansion = 8

// Expand replaces the variables of a text by their values, which may hold variables in their turn. The error is a
// *[VariableError].
func Expand(text string, lookup Lookup) (string, error) { return expand(text, lookup, maxExpansion) }

func expand(text string, lookup Lookup, deep int) (string, error) {
	at, length := nextVariable(text)
	if length == 0 {
		return text, nil
	}
	var b strings.Builder
	for done := 0; ; {
		b.WriteString(text[done : done+at])
		if length == 0 {
			return b.String(), nil
		}
		name, _ := variableAt(text[done+at:])
		value, ok := "", false
		if lookup != nil && deep > 0 {
			value, ok = lookup(name)
		}
		if !ok {
			return "", &VariableError{name, done + at}
		}
		value, err := expand(value, lookup, deep-1)
		if err != nil {
			return "", &VariableError{err.(*VariableError).Name, done + at}
		}
		b.WriteString(value)
		done += at + length
		at, length = nextVariable(text[done:])
	}
}

// Variables gives the names of the variables that a text has, in order, each as often as it stands there.
func Variables(text string) (names []string) {
	for {
		at, length := nextVariable(text)
		if length == 0 {
			return names
		}
		name, _ := variableAt(text[at:])
		names = append(names, name)
		text = text[at+length:]
	}
}

// nextVariable finds the first variable of a text; at its end, with no length, for none.
func nextVariable(text string) (at, length int) {
	for from := 0; ; {
		i := strings.Index(text[from:], "{{")
		if i < 0 {
			return len(text), 0
		}
		from += i
		if _, length = variableAt(text[from:]); length > 0 {
			return from, length
		}
		from++
	}
}

// variableAt reads {{name}} at the beginning of a text: its name, and how long it is with the braces; 0 for none. A
// name has letters, digits, "_", "-", "." and, in front, "$". So JSON with braces is left alone.
func variableAt(text string) (name string, length int) {
	if !strings.HasPrefix(text, "{{") {
		return "", 0
	}
	end := strings.Index(text, "}}")
	if end < 0 {
		return "", 0
	}
	name = strings.TrimSpace(text[2:end])
	if !IsVariableName(name) {
		return "", 0
	}
	return name, end + 2
}

// IsVariableName tells whether a variable can have that name.
func IsVariableName(name string) bool {
	name = strings.TrimPrefix(name, "$")
	for _, r := range name {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.", r) {
			continue
		}
		return false
	}
	return name != ""
}
