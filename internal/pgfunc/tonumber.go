package pgfunc

import (
	"fmt"
	"strings"
)

// toNumber is to_number(text, template) as a decimal in text.
func toNumber(r *Row, out *Result) error {
	if err := bounded(r.Text(1)); err != nil {
		return err
	}
	f := once(r, r.Text(1), readNumberTemplate)
	switch {
	case f.err != nil:
		return f.err
	case f.roman:
		return fmt.Errorf(`"RN" not supported for input`)
	case f.scientific:
		return fmt.Errorf(`"EEEE" not supported for input`)
	}
	n := &numberReading{numberTemplate: f, rest: r.Text(0)}
	for _, node := range f.nodes {
		if n.rest == "" {
			break
		}
		n.node(node)
	}
	n.tail()
	if n.digits == "" && n.fraction == "" {
		return fmt.Errorf("invalid input syntax for type numeric: %q", " ")
	}
	n.write(out)
	return nil
}

// numberReading is a text on its way through a number template.
type numberReading struct {
	*numberTemplate

	rest     string
	negative bool
	signed   bool
	point1   bool
	digits   string
	fraction string
}

func (n *numberReading) node(node numberNode) {
	switch node.key {
	case "9", "0", ".", "D":
		n.place(node.key)
	case ",", "G":
		n.rest = strings.TrimPrefix(n.rest, ",")
	case "MI", "PL", "SG", "S":
		n.sign()
	case "L":
		if strings.HasPrefix(n.rest, " ") || strings.HasPrefix(n.rest, "$") {
			n.rest = n.rest[1:]
		}
	case "TH":
		n.rest = n.rest[min(2, len(n.rest)):]
	case "":
		if c := n.rest[0]; c != '-' && c != '+' && (c < '0' || c > '9') {
			n.rest = n.rest[1:]
		} else if node.literal == n.rest[:1] || (c != '-' && c != '+') {
			n.rest = n.rest[1:]
		}
	}
}

// sign takes a sign, if there is one.
func (n *numberReading) sign() {
	if n.signed || n.rest == "" {
		return
	}
	switch c := n.rest[0]; {
	case c == '-', c == '<' && n.bracket:
		n.negative, n.signed = true, true
	case c == '+':
		n.signed = true
	default:
		return
	}
	n.rest = n.rest[1:]
}

// place takes a digit, and what stands before it.
func (n *numberReading) place(key string) {
	if n.digits == "" && n.fraction == "" && !n.point1 {
		n.rest = strings.TrimLeft(n.rest, " ")
		if !n.plus && !n.minus {
			n.sign()
		}
		n.rest = strings.TrimLeft(n.rest, " ")
	}
	if n.rest == "" {
		return
	}
	c := n.rest[0]
	switch {
	case c >= '0' && c <= '9':
		if key == "." || key == "D" {
			return
		}
		if n.point1 {
			n.fraction += n.rest[:1]
		} else {
			n.digits += n.rest[:1]
		}
	case c == '.' && !n.point1 && n.point:
		n.point1 = true
		if key == "." || key == "D" {
			break
		}
	case c|0x20 >= 'a' && c|0x20 <= 'z': // takes the place of a digit
	default:
		return
	}
	n.rest = n.rest[1:]
}

// tail takes a sign behind the number.
func (n *numberReading) tail() {
	n.rest = strings.TrimLeft(n.rest, " ")
	if n.numberTemplate.sign != noSign {
		n.sign()
	}
}

func (n *numberReading) write(out *Result) {
	if n.negative {
		out.text("-")
	}
	if n.digits == "" {
		n.digits = "0"
	}
	digits := n.digits
	if n.multi && n.shift > 0 { // V: the last digits are a fraction
		digits = strings.Repeat("0", max(n.shift-len(digits)+1, 0)) + digits
		n.fraction = digits[len(digits)-n.shift:] + n.fraction
		digits = digits[:len(digits)-n.shift]
	}
	out.text(digits)
	if n.fraction != "" {
		out.text("." + n.fraction)
	}
}
