// The time of day, as a DJ wants it beside the music: hours and minutes, nothing that moves.

export default function clock({ parentElement }) {
  const face = document.createElement("span");
  face.className = "clock";
  parentElement.append(face);
  const show = () => {
    face.textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  };
  show();
  const timer = setInterval(show, 1000);
  return () => {
    clearInterval(timer);
    face.remove();
  };
}
