package pgfunc

import "strings"

// filling is a number on its way into a template, digit by digit.
type filling struct {
	*numberTemplate

	out      []byte
	number   string // digits and point
	negative bool
	at       int // in number
	place    int // digits and points of the template so far
	blanks   int // places before the first digit
	places   int
	last     int // in number: the last digit that FM leaves; -1: all stay
	signDone bool
	inside   bool // a digit was written at the last place
	sign     signPlace
	bracket  bool
}

// fillIn writes a number into the template.
func (f *numberTemplate) fillIn(out []byte, number string, negative bool) []byte {
	whole, _, _ := strings.Cut(number, ".")
	w := &filling{
		numberTemplate: f, out: out, number: number, negative: negative, last: -1,
		blanks: max(f.before+f.shift-len(whole), 0), places: f.after + f.before + f.shift - 1,
		sign: f.sign, bracket: f.bracket,
	}
	w.signs()
	if f.fill && f.point {
		w.last = w.lastDigit()
	}
	if !w.signDone && w.blanks == 0 {
		w.places++
	}
	for _, n := range f.nodes {
		w.node(n)
	}
	return w.out
}

// signs decides who writes the sign.
func (w *filling) signs() {
	if w.plus || w.minus {
		w.signDone = !w.plus || w.minus
		return
	}
	if w.fill && !w.negative {
		w.bracket = false
	}
	w.signDone = !w.negative && w.fill && w.sign == noSign
	if w.sign == signBefore && w.before == w.signAt {
		w.sign = signAfter
	}
}

// lastDigit gives the last digit that is not a zero to be dropped.
func (w *filling) lastDigit() int {
	point := strings.IndexByte(w.number, '.')
	if point < 0 {
		return -1
	}
	last := point
	for i := point + 1; i < len(w.number); i++ {
		if w.number[i] != '0' {
			last = i
		}
	}
	if w.zeroTo > w.blanks {
		last = max(last, min(len(w.number)-1, w.zeroTo-w.blanks))
	}
	return last
}

func (w *filling) add(text string) { w.out = append(w.out, text...) }

// blank writes a blank, which FM leaves out.
func (w *filling) blank() {
	if !w.fill {
		w.add(" ")
	}
}

func (w *filling) node(n numberNode) {
	switch n.key {
	case "":
		w.add(n.literal)
	case "9", "0", ".", "D":
		w.digitPlace(n.key)
	case ",", "G":
		if w.inside {
			w.add(",")
		} else {
			w.blank()
		}
	case "L":
		w.add(" ") // the currency of the C locale
	case "TH":
		if !w.negative && !w.point && !strings.HasPrefix(w.number, "#") {
			form := "TH"
			if n.lower {
				form = "th"
			}
			w.add(ordinal(w.number, form))
		}
	case "MI":
		if w.negative {
			w.add("-")
		} else {
			w.blank()
		}
	case "PL":
		if !w.negative {
			w.add("+")
		} else {
			w.blank()
		}
	case "SG":
		w.add(w.signText())
	}
}

func (w *filling) signText() string {
	if w.negative {
		return "-"
	}
	return "+"
}

// hidden tells whether the place is that of the 0 of 0.5, which 9 leaves out.
func (w *filling) hidden() bool {
	return w.zeroFrom < 0 && w.at == 0 && strings.HasPrefix(w.number, "0") && w.after != 0
}

// pointLast tells whether FM drops all digits behind the point.
func (w *filling) pointLast() bool { return w.last >= 0 && w.number[w.last] == '.' }

// digitPlace writes what stands at one place for a digit or the point.
func (w *filling) digitPlace(key string) {
	w.inside = false
	starts := w.place >= w.blanks || (w.zeroFrom >= 0 && w.zeroFrom == w.place)
	if !w.signDone && starts && (!w.hidden() || w.pointLast()) {
		w.leadingSign()
	}
	switch {
	case w.place < w.blanks && (w.zeroFrom < 0 || w.zeroFrom > w.place):
		w.blank()
	case w.place < w.blanks:
		w.add("0")
		w.inside = true
	default:
		w.digitItself(key)
	}
	end := w.places
	if w.blanks > 0 {
		end++
	}
	if w.point {
		end++
	}
	if w.last >= 0 && w.last == w.at {
		end = w.place
	}
	if w.place+1 == end {
		w.trailingSign()
	}
	w.place++
}

func (w *filling) digitItself(key string) {
	switch {
	case w.at >= len(w.number):
		return
	case w.number[w.at] == '.':
		w.add(".")
	case w.last >= 0 && w.at > w.last && key != "0":
	case w.hidden():
		if w.fill && w.pointLast() {
			w.add("0")
		} else {
			w.blank()
		}
	default:
		w.add(w.number[w.at : w.at+1])
		w.inside = true
	}
	w.at++
}

func (w *filling) leadingSign() {
	switch {
	case w.numberTemplate.sign != noSign:
		if w.sign == signBefore {
			w.add(w.signText())
			w.signDone = true
		}
		return
	case w.bracket && w.negative:
		w.add("<")
	case w.bracket:
		w.add(" ")
	case w.negative:
		w.add("-")
	default:
		w.blank()
	}
	w.signDone = true
}

func (w *filling) trailingSign() {
	switch {
	case w.signDone && w.bracket && w.negative:
		w.add(">")
	case w.signDone && w.bracket:
		w.add(" ")
	case w.sign == signAfter:
		w.add(w.signText())
	}
}
