// Shows the run going on without loading the page again. Without JavaScript the page reloads itself.
const place = document.getElementById("live");
if (place) {
  const source = new EventSource(place.dataset.source);
  source.addEventListener("run", (event) => {
    const made = new DOMParser().parseFromString(event.data, "text/html");
    place.replaceChildren(...made.body.childNodes);
  });
}
